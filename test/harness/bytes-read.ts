import { readFileSync } from 'node:fs'

/** Whether {@link bytesRead} works here. */
export const canCountReads = process.platform === 'linux'

/** Bytes that a process has read so far, from files, sockets and all (proc(5), `rchar`). */
export function bytesRead(pid: number): number {
  const count = /^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]
  if (count === undefined) throw new Error(`/proc/${pid}/io has no rchar`)
  return Number(count)
}
