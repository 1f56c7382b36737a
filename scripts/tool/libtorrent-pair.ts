import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Measures libtorrent between two processes; lies beside the checkout, if anywhere. */
const SCRIPT = fileURLToPath(new URL('../../../shared/peers/libtorrent-pair.py', import.meta.url))

/**
 * MB/s of one libtorrent process fetching `file` from another; NaN without the script, or python3-libtorrent.
 * @param mode - `plain` or `rc4`
 */
export async function libtorrentPair(file: string, mode: string): Promise<number> {
  if (!existsSync(SCRIPT)) return Number.NaN
  try {
    const args = [SCRIPT, file, '--mode', mode, '--runs', '1']
    const { stdout } = await promisify(execFile)('/usr/bin/python3', args, { timeout: 300_000 })
    return Number((JSON.parse(stdout) as { mb_per_s?: unknown }).mb_per_s)
  } catch {
    return Number.NaN
  }
}
