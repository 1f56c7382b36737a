import { crc32 } from 'node:zlib'
import { Bitfield, pieceIndex } from '@p2pshare/base'
import type { FileIdentity, PieceWrap } from '@p2pshare/ports'
import type { Connection, Statement } from './connection.ts'
import { readBigInt, readBytes, readInteger } from './row.ts'

/**
 * Which pieces of a share are on disk. SQLite does not see a flipped bit inside a blob, so that
 * each carries a checksum; a piece map that fails it counts as empty, and the pieces are hashed.
 */
export class HaveTable {
  readonly #get: Statement
  readonly #put: Statement

  constructor(db: Connection) {
    this.#get = db.prepare('SELECT have, checksum FROM progress WHERE share = ?')
    this.#put = db.prepare('INSERT OR REPLACE INTO progress (share, have, checksum) VALUES (?, ?, ?)')
  }

  get(share: number, length: number): Bitfield {
    const row = this.#get.get(share)
    if (row === undefined) return new Bitfield(length)
    const have = readBytes(row, 'have')
    if (crc32(have) !== readInteger(row, 'checksum')) return new Bitfield(length)
    return Bitfield.fromBytes(have, length) ?? new Bitfield(length)
  }

  put(share: number, have: Bitfield): void {
    const map = have.toBytes()
    this.#put.run(share, map, crc32(map))
  }
}

/** What the files of a share looked like when their bytes were known to be right. */
export class IdentityTable {
  readonly #of: Statement
  readonly #put: Statement

  constructor(db: Connection) {
    this.#of = db.prepare(
      'SELECT file, size, mtime, ctime, inode FROM identities WHERE share = ? ORDER BY file',
      {
        bigInts: true
      }
    )
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO identities (share, file, size, mtime, ctime, inode) VALUES (?, ?, ?, ?, ?, ?)'
    )
  }

  *of(share: number): Generator<FileIdentity> {
    for (const row of this.#of.iterate(share)) {
      yield {
        file: readInteger(row, 'file'),
        size: readInteger(row, 'size'),
        mtime: readBigInt(row, 'mtime'),
        ctime: readBigInt(row, 'ctime'),
        // Inode numbers are unsigned 64 bits; SQLite's integers are signed.
        inode: BigInt.asUintN(64, readBigInt(row, 'inode'))
      }
    }
  }

  put(share: number, identities: Iterable<FileIdentity>): void {
    for (const { file, size, mtime, ctime, inode } of identities) {
      this.#put.run(share, file, size, mtime, ctime, BigInt.asIntN(64, inode))
    }
  }
}

/** Leaf bytes around the data of wrapped pieces; a row that fails its checksum counts as absent. */
export class WrapTable {
  readonly #of: Statement
  readonly #put: Statement

  constructor(db: Connection) {
    this.#of = db.prepare('SELECT piece, prefix, suffix, checksum FROM wraps WHERE share = ? ORDER BY piece')
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO wraps (share, piece, prefix, suffix, checksum) VALUES (?, ?, ?, ?, ?)'
    )
  }

  of(share: number): PieceWrap[] {
    const wraps: PieceWrap[] = []
    for (const row of this.#of.all(share)) {
      const prefix = readBytes(row, 'prefix')
      const suffix = readBytes(row, 'suffix')
      if (crc32(suffix, crc32(prefix)) !== readInteger(row, 'checksum')) continue
      wraps.push({ piece: pieceIndex(readInteger(row, 'piece')), prefix, suffix })
    }
    return wraps
  }

  put(share: number, wraps: readonly PieceWrap[]): void {
    for (const { piece, prefix, suffix } of wraps) {
      this.#put.run(share, piece, prefix, suffix, crc32(suffix, crc32(prefix)))
    }
  }
}
