import { printable, ShareError } from '@p2pshare/base'
import type { ShareRecord, ShareState } from '@p2pshare/ports'
import type { Connection, Statement } from './connection.ts'
import { type Row, readFlag, readInteger, readOptionalText, readText } from './row.ts'
import { damagedError } from './sqlite-error.ts'

const STATES: ReadonlySet<string> = new Set(['fetching', 'seeding', 'paused', 'queued', 'checking', 'error'])

/** The rows of the shares themselves, and the small ids by which other tables name them. */
export class ShareTable {
  readonly #all: Statement
  readonly #one: Statement
  readonly #id: Statement
  readonly #put: Statement
  readonly #remove: Statement
  /** Ids never change and are never used again, so that a lookup is needed once a run. */
  readonly #ids = new Map<string, number>()

  constructor(db: Connection) {
    this.#all = db.prepare('SELECT * FROM shares ORDER BY id')
    this.#one = db.prepare('SELECT * FROM shares WHERE cid = ?')
    this.#id = db.prepare('SELECT id FROM shares WHERE cid = ?')
    this.#put = db.prepare(`
      INSERT INTO shares (cid, name, size, pieces, indexed, complete, state, reason, path, part_path,
        hints, uploaded, downloaded, added_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (cid) DO UPDATE SET name = excluded.name, size = excluded.size, pieces = excluded.pieces,
        indexed = excluded.indexed, complete = excluded.complete, state = excluded.state,
        reason = excluded.reason, path = excluded.path, part_path = excluded.part_path,
        hints = excluded.hints, uploaded = excluded.uploaded, downloaded = excluded.downloaded,
        added_at = excluded.added_at`)
    this.#remove = db.prepare('DELETE FROM shares WHERE id = ?')
  }

  all(): ShareRecord[] {
    return this.#all.all().map(readShare)
  }

  get(cid: string): ShareRecord | undefined {
    const row = this.#one.get(cid)
    return row === undefined ? undefined : readShare(row)
  }

  put(share: ShareRecord): void {
    const { cid, name, size, pieces, state, reason, path, partPath } = share
    const flags = [share.indexed ? 1 : 0, share.complete ? 1 : 0]
    const counts = [share.uploaded, share.downloaded, share.addedAt].map(Math.trunc)
    const hints = JSON.stringify(share.hints)
    this.#put.run(
      cid,
      name,
      size,
      pieces,
      ...flags,
      state,
      reason ?? null,
      path,
      partPath ?? null,
      hints,
      ...counts
    )
  }

  /** Removes the row; answers its id, or undefined when there was none. */
  remove(cid: string): number | undefined {
    const id = this.find(cid)
    this.#ids.delete(cid)
    if (id !== undefined) this.#remove.run(id)
    return id
  }

  /** The id of a share, or undefined when it is not in the catalogue. */
  find(cid: string): number | undefined {
    const known = this.#ids.get(cid)
    if (known !== undefined) return known
    const row = this.#id.get(cid)
    if (row === undefined) return undefined
    const id = readInteger(row, 'id')
    this.#ids.set(cid, id)
    return id
  }

  /** Forgets remembered ids, after a transaction that may have added shares was rolled back. */
  forgetIds(): void {
    this.#ids.clear()
  }

  /** The id of a share that must be there. */
  id(cid: string): number {
    const id = this.find(cid)
    if (id !== undefined) return id
    throw new ShareError({
      code: 'storage.unknown-share',
      fault: 'user',
      message: `the catalogue has no share ${printable(cid)}`,
      hint: 'See "p2pshare list" for the shares of this daemon.',
      detail: { cid }
    })
  }
}

function readShare(row: Row): ShareRecord {
  return {
    cid: readText(row, 'cid'),
    name: readText(row, 'name'),
    size: readInteger(row, 'size'),
    pieces: readInteger(row, 'pieces'),
    indexed: readFlag(row, 'indexed'),
    complete: readFlag(row, 'complete'),
    state: readState(row),
    reason: readOptionalText(row, 'reason'),
    path: readText(row, 'path'),
    partPath: readOptionalText(row, 'part_path'),
    hints: readHints(readText(row, 'hints')),
    uploaded: readInteger(row, 'uploaded'),
    downloaded: readInteger(row, 'downloaded'),
    addedAt: readInteger(row, 'added_at')
  }
}

function readState(row: Row): ShareState {
  const state = readText(row, 'state')
  if (!STATES.has(state)) throw damagedError(`share state ${state}`)
  return state as ShareState
}

function readHints(text: string): ShareRecord['hints'] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damagedError('hints of a share', error)
  }
  if (!Array.isArray(value)) throw damagedError('hints of a share')
  return value.map((hint: unknown) => {
    const { peer, addresses } = (hint ?? {}) as { peer?: unknown; addresses?: unknown }
    const sound =
      typeof peer === 'string' && Array.isArray(addresses) && addresses.every((a) => typeof a === 'string')
    if (!sound) throw damagedError('hints of a share')
    return { peer, addresses: addresses as string[] }
  })
}
