import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import { type IndexBlock, parseCid } from '@p2pshare/content'
import type { ContentKey, PieceLocation } from '@p2pshare/ports'
import type { Connection, Statement } from './connection.ts'
import { readBytes, readInteger, readText } from './row.ts'
import { damagedError } from './sqlite-error.ts'

/** Index blocks of all shares, in the order in which they were stored. */
export class IndexBlockTable {
  readonly #put: Statement
  readonly #of: Statement
  readonly #find: Statement

  constructor(db: Connection) {
    this.#put = db.prepare(
      'INSERT OR IGNORE INTO index_blocks (share, cid, digest, data) VALUES (?, ?, ?, ?)'
    )
    this.#of = db.prepare('SELECT cid, data FROM index_blocks WHERE share = ? ORDER BY position')
    this.#find = db.prepare('SELECT data FROM index_blocks WHERE digest = ? LIMIT 1')
  }

  put(share: number, blocks: readonly IndexBlock[]): void {
    for (const { cid, data } of blocks) this.#put.run(share, cid.toString(), cid.multihash.digest, data)
  }

  of(share: number): IndexBlock[] {
    return this.#of
      .all(share)
      .map((row) => ({ cid: readCid(readText(row, 'cid')), data: readBytes(row, 'data') }))
  }

  find(digest: ContentKey): Uint8Array | undefined {
    const row = this.#find.get(digest)
    return row === undefined ? undefined : readBytes(row, 'data')
  }
}

function readCid(text: string): IndexBlock['cid'] {
  const cid = parseCid(text)
  if (cid === undefined) throw damagedError('CID of an index block')
  return cid
}

/** Which share has a piece of which digest, by the digest's first 8 bytes as a signed number. */
export class PieceKeyTable {
  readonly #put: Statement
  readonly #remove: Statement
  readonly #locate: Statement

  constructor(db: Connection) {
    this.#put = db.prepare('INSERT OR IGNORE INTO piece_keys (key, share, piece) VALUES (?, ?, ?)')
    this.#remove = db.prepare('DELETE FROM piece_keys WHERE share = ?')
    this.#locate = db.prepare(`
      SELECT shares.cid, piece_keys.piece FROM piece_keys JOIN shares ON shares.id = piece_keys.share
      WHERE piece_keys.key = ? ORDER BY shares.id, piece_keys.piece`)
  }

  /** A million keys take about three seconds: they go in sorted, which fills the tree page by page. */
  put(share: number, count: number, digest: (piece: PieceIndex) => ContentKey): void {
    for (const piece of byKey(count, digest)) {
      this.#put.run(keyOf(digest(pieceIndex(piece))), share, piece)
    }
  }

  remove(share: number): void {
    this.#remove.run(share)
  }

  locate(digest: ContentKey): PieceLocation[] {
    return this.#locate
      .all(keyOf(digest))
      .map((row) => ({ share: readText(row, 'cid'), piece: pieceIndex(readInteger(row, 'piece')) }))
  }
}

/** The first 8 bytes, big-endian, as the signed integer that SQLite stores. */
function keyOf(digest: ContentKey): bigint {
  return new DataView(digest.buffer, digest.byteOffset, digest.byteLength).getBigInt64(0)
}

/**
 * Pieces in the order of the first 32 bits of their keys. Those 32 bits above 21 bits of piece
 * number fit a double exactly (53 bits), so that one numeric sort of a typed array does it.
 */
function* byKey(count: number, digest: (piece: PieceIndex) => ContentKey): Generator<number> {
  const order = new Float64Array(count)
  const shift = 2 ** 21
  for (let i = 0; i < count; i++) {
    const d = digest(pieceIndex(i))
    const head = new DataView(d.buffer, d.byteOffset, d.byteLength).getInt32(0)
    order[i] = (head + 2 ** 31) * shift + i
  }
  order.sort()
  for (const entry of order) yield entry % shift
}
