import type { KeyValueStore } from '@p2pshare/ports'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import type { Announcer, AnnouncerBook } from './announcer-book.ts'

/**
 * Peer ids and addresses of announcers on disk, one row each: `peer/<id>` → peer, block, addresses, a line
 * each. In memory only a hash of the addresses is kept; they are read when somebody asks for the record,
 * and live as long as the announcer has one.
 */
export class AnnouncerRows {
  readonly #values: KeyValueStore
  /** Undefined: to be deleted. */
  readonly #unwritten = new Map<number, string | undefined>()

  constructor(values: KeyValueStore) {
    this.#values = values
  }

  /** Rows that are not on disk as they should be. */
  get unwritten(): number {
    return this.#unwritten.size
  }

  /** Notes where an announcer is; does nothing when that is known. */
  set(announcer: Announcer, addresses: readonly string[]): void {
    const row = [announcer.peer, announcer.host.name, ...addresses].join('\n')
    const print = hash32(row)
    if (announcer.print === print) return
    announcer.print = print
    this.#unwritten.set(announcer.id, row)
  }

  /** Its addresses; none when its row is damaged. */
  addresses(announcer: Announcer): string[] {
    const row = this.#unwritten.get(announcer.id) ?? text(this.#values.get(rowOf(announcer.id)))
    return row?.split('\n').slice(2) ?? []
  }

  delete(id: number): void {
    this.#unwritten.set(id, undefined)
  }

  /** Adds what has to be written; {@link written} says when it was. */
  write(writes: { puts: { key: string; value: Uint8Array }[]; deletes: string[] }): void {
    for (const [id, row] of this.#unwritten) {
      if (row === undefined) writes.deletes.push(rowOf(id))
      else writes.puts.push({ key: rowOf(id), value: fromString(row) })
    }
  }

  written(): void {
    this.#unwritten.clear()
  }

  /** Reads all announcers into the book, one a step. */
  *load(book: AnnouncerBook): Generator<void> {
    for (const { key, value } of this.#values.query('peer/')) {
      const id = Number(key.slice('peer/'.length))
      const row = text(value) ?? ''
      const [peer = '', block = ''] = row.split('\n', 2)
      if (Number.isInteger(id) && id > 0 && peer !== '' && book.byPeer(peer) === undefined)
        book.add(peer, block, id).print = hash32(row)
      yield
    }
  }
}

function rowOf(id: number): string {
  return `peer/${id}`
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : toString(bytes)
}

/** FNV-1a: only tells equal from different, an accident costs an old address. */
function hash32(row: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < row.length; i++) hash = Math.imul(hash ^ row.charCodeAt(i), 0x01000193) >>> 0
  return hash
}
