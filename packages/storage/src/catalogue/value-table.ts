import type { KeyValueStore } from '@p2pshare/ports'
import type { Connection, Statement } from './connection.ts'
import { readBytes, readText } from './row.ts'

/** Rows of one step of {@link ValueTable.area}'s query: bounds memory, and lets the reader write in between. */
const PAGE = 256

/** Small values of other parts of the program, by area and key. */
export class ValueTable {
  readonly #db: Connection
  readonly #get: Statement
  readonly #put: Statement
  readonly #delete: Statement
  readonly #from: Statement
  readonly #after: Statement

  constructor(db: Connection) {
    const page = `ORDER BY key LIMIT ${PAGE}`
    this.#db = db
    this.#get = db.prepare('SELECT value FROM small_values WHERE area = ? AND key = ?')
    this.#put = db.prepare('INSERT OR REPLACE INTO small_values (area, key, value) VALUES (?, ?, ?)')
    this.#delete = db.prepare('DELETE FROM small_values WHERE area = ? AND key = ?')
    this.#from = db.prepare(
      `SELECT key, value FROM small_values WHERE area = ? AND key >= ? AND key < ? ${page}`
    )
    this.#after = db.prepare(
      `SELECT key, value FROM small_values WHERE area = ? AND key > ? AND key < ? ${page}`
    )
  }

  area(area: string): KeyValueStore {
    return {
      get: (key) => {
        const row = this.#get.get(area, key)
        return row === undefined ? undefined : readBytes(row, 'value')
      },
      put: (key, value) => this.#put.run(area, key, value),
      delete: (key) => this.#delete.run(area, key),
      query: (prefix) => this.#query(area, prefix),
      batch: (puts, deletes) =>
        this.#db.transaction(() => {
          for (const { key, value } of puts) this.#put.run(area, key, value)
          for (const key of deletes) this.#delete.run(area, key)
        })
    }
  }

  /** Keys compare by their UTF-8 bytes, so that those with the prefix lie side by side. */
  *#query(area: string, prefix: string): Generator<{ key: string; value: Uint8Array }> {
    const end = endOfPrefix(prefix)
    let rows = this.#from.all(area, prefix, end)
    while (rows.length > 0) {
      let last = ''
      for (const row of rows) {
        last = readText(row, 'key')
        yield { key: last, value: readBytes(row, 'value') }
      }
      rows = rows.length < PAGE ? [] : this.#after.all(area, last, end)
    }
  }
}

/** What is greater than every text; SQLite puts all blobs after all texts. */
const AFTER_ALL_TEXTS = new Uint8Array(0)

/** The least value above all texts that begin with `prefix`, by the order of their UTF-8 bytes: that of code points. */
function endOfPrefix(prefix: string): string | Uint8Array {
  const points = Array.from(prefix)
  for (;;) {
    const point = points.pop()?.codePointAt(0)
    if (point === undefined) return AFTER_ALL_TEXTS
    if (point === 0x10ffff) continue
    // Surrogates are no characters of their own.
    return points.join('') + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1)
  }
}
