import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Measures libtorrent between two processes; lies beside the checkout, if anywhere. */
const SCRIPT = fileURLToPath(new URL('../../../shared/peers/libtorrent-pair.py', import.meta.url))

/** How quick libtorrent was. */
export interface LibtorrentFigures {
  /** 10^6 bytes a second; of a file, not of a folder. */
  MBps: number
  seconds: number
}

const NONE: LibtorrentFigures = { MBps: Number.NaN, seconds: Number.NaN }

/**
 * One libtorrent process fetches a file or folder from another, once; NaN without the script, or python3-libtorrent.
 * @param mode - `plain` or `rc4`
 */
export async function libtorrentPair(path: string, mode: string): Promise<LibtorrentFigures> {
  if (!existsSync(SCRIPT)) return NONE
  try {
    const args = [SCRIPT, path, '--mode', mode, '--runs', '1']
    const { stdout } = await promisify(execFile)('/usr/bin/python3', args, { timeout: 300_000 })
    const { mb_per_s: MBps, wall_s: [seconds] = [] } = JSON.parse(stdout) as {
      mb_per_s?: unknown
      wall_s?: unknown[]
    }
    return { MBps: Number(MBps), seconds: Number(seconds) }
  } catch {
    return NONE
  }
}
