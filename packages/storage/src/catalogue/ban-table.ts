import type { PeerName } from '@p2pshare/ports'
import type { Connection, Statement } from './connection.ts'
import { readInteger, readText } from './row.ts'

/** Peers that are shut out, and until when (wall time, ms). */
export class BanTable {
  readonly #all: Statement
  readonly #put: Statement
  readonly #remove: Statement

  constructor(db: Connection) {
    this.#all = db.prepare('SELECT peer, until, reason FROM bans ORDER BY peer')
    this.#put = db.prepare('INSERT OR REPLACE INTO bans (peer, until, reason) VALUES (?, ?, ?)')
    this.#remove = db.prepare('DELETE FROM bans WHERE peer = ?')
  }

  all(): { peer: PeerName; until: number; reason: string }[] {
    return this.#all.all().map((row) => ({
      peer: readText(row, 'peer'),
      until: readInteger(row, 'until'),
      reason: readText(row, 'reason')
    }))
  }

  put(peer: PeerName, until: number, reason: string): void {
    this.#put.run(peer, Math.trunc(until), reason)
  }

  remove(peer: PeerName): void {
    this.#remove.run(peer)
  }
}
