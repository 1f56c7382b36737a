import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** Who runs here; information only, the catalogue's lock is the truth. */
export interface DaemonInfo {
  pid: number
  version: string
  peerId: string
  addresses: string[]
  /** Wall time, ms. */
  startedAt: number
}

/** Replaces the file in one step: a reader never sees half of it. */
export function writeDaemonInfo(file: string, info: DaemonInfo): void {
  const fresh = `${file}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, `${JSON.stringify(info)}\n`, { mode: 0o600 })
  renameSync(fresh, file)
}

/** The pid that the file names, of a daemon that may have been killed since; undefined when there is none to read. */
export function readDaemonPid(file: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown }
    return Number.isSafeInteger(pid) && Number(pid) > 0 ? Number(pid) : undefined
  } catch {
    return undefined
  }
}

export function removeDaemonInfo(file: string): void {
  rmSync(file, { force: true })
}
