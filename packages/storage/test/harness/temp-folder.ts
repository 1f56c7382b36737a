import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new empty folder; `remove` deletes it with all that is in it. */
export function tempFolder(): { path: string; remove: () => void } {
  mkdirSync(tmpdir(), { recursive: true })
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'p2pshare-storage-')))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
