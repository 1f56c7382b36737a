import { readFileSync, rmSync, writeFileSync } from 'node:fs'

/** Who runs here; information only, the catalogue's lock is the truth. */
export interface DaemonInfo {
  pid: number
  version: string
  peerId: string
  addresses: string[]
  /** Wall time, ms. */
  startedAt: number
}

export function writeDaemonInfo(file: string, info: DaemonInfo): void {
  writeFileSync(file, `${JSON.stringify(info)}\n`, { mode: 0o600 })
}

/** The pid that the file names; undefined when there is none to read. */
export function readDaemonPid(file: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown }
    return typeof pid === 'number' ? pid : undefined
  } catch {
    return undefined
  }
}

export function removeDaemonInfo(file: string): void {
  rmSync(file, { force: true })
}
