import { type Bytes, bytes, type PieceIndex, pieceIndex } from '@p2pshare/base'
import { CID } from 'multiformats/cid'
import { DIGEST_SIZE, dagPbCid, RAW, rawCid } from '../cid/supported-cid.ts'
import { readTarget } from '../dag/link-target.ts'
import { isContentFault } from '../fault.ts'
import { type EntryList, MadeList } from './entry-list.ts'
import type { PathTable, Place } from './path-table.ts'
import type { FileEntry, InlineExtent } from './share-layout.ts'

/** What a file's CID is, besides its digest. */
const CID_KINDS = { raw: 0, node: 1, other: 2 } as const
/** Bytes of a CID of version 1 with a sha2-256 digest. */
const V1_SIZE = 36

const NOTHING: readonly InlineExtent[] = []

/** The facts about each file, in flat arrays: 53 bytes a file and its name. Filled once, in order. */
export class FileTable {
  readonly #paths: PathTable
  readonly #sizes: Float64Array
  readonly #pieceEnds: Uint32Array
  readonly #cidKinds: Uint8Array
  readonly #digests: Uint8Array
  /** Of another kind (version 0, identity): few, or a foreign share. */
  readonly #otherCids = new Map<number, Uint8Array>()
  readonly #inline = new Map<number, readonly InlineExtent[]>()
  #count = 0

  /**
   * @param capacity - how many files will be added at most
   * @param paths - of the files, one for each that is added here
   */
  constructor(capacity: number, paths: PathTable) {
    this.#paths = paths
    this.#sizes = new Float64Array(capacity)
    this.#pieceEnds = new Uint32Array(capacity)
    this.#cidKinds = new Uint8Array(capacity)
    this.#digests = new Uint8Array(capacity * DIGEST_SIZE)
  }

  get count(): number {
    return this.#count
  }

  /**
   * Adds the next file.
   * @param cid - binary; a view into a block of the share, which is kept only where it is of a rare kind
   * @param pieceEnd - one more than its last piece
   */
  add(cid: Uint8Array, size: number, pieceEnd: number, inline: readonly InlineExtent[]): void {
    const file = this.#count++
    this.#sizes[file] = size
    this.#pieceEnds[file] = pieceEnd
    if (inline.length > 0) this.#inline.set(file, inline)
    const target = readTarget(cid)
    if (isContentFault(target) || target.identity || cid.byteLength !== V1_SIZE) {
      this.#cidKinds[file] = CID_KINDS.other
      this.#otherCids.set(file, cid)
      return
    }
    this.#cidKinds[file] = target.codec === RAW ? CID_KINDS.raw : CID_KINDS.node
    this.#digests.set(target.digest, file * DIGEST_SIZE)
  }

  /** The files as entries. */
  list(): EntryList<FileEntry> {
    return new MadeList(this.#count, (file) => new TableEntry(this, file))
  }

  place(file: number): Place {
    return this.#paths.place(file)
  }

  digest(file: number): Uint8Array {
    const other = this.#otherCids.get(file)
    if (other !== undefined) return CID.decode(other).multihash.digest
    return this.#digests.subarray(file * DIGEST_SIZE, (file + 1) * DIGEST_SIZE)
  }

  cid(file: number): CID {
    const other = this.#otherCids.get(file)
    if (other !== undefined) return CID.decode(other)
    const digest = this.digest(file).slice()
    return this.#cidKinds[file] === CID_KINDS.raw ? rawCid(digest) : dagPbCid(digest)
  }

  size(file: number): Bytes {
    return bytes(this.#sizes[file] ?? 0)
  }

  firstPiece(file: number): PieceIndex {
    return pieceIndex(file === 0 ? 0 : (this.#pieceEnds[file - 1] ?? 0))
  }

  pieceCount(file: number): number {
    return (this.#pieceEnds[file] ?? 0) - this.firstPiece(file)
  }

  inline(file: number): readonly InlineExtent[] {
    return this.#inline.get(file) ?? NOTHING
  }
}

/** One row of the table. */
class TableEntry implements FileEntry {
  readonly #table: FileTable
  readonly #file: number

  constructor(table: FileTable, file: number) {
    this.#table = table
    this.#file = file
  }

  get path(): readonly string[] {
    return this.#table.place(this.#file).path
  }

  get diskPath(): readonly string[] {
    return this.#table.place(this.#file).diskPath
  }

  get cid(): CID {
    return this.#table.cid(this.#file)
  }

  get digest(): Uint8Array {
    return this.#table.digest(this.#file)
  }

  get size(): Bytes {
    return this.#table.size(this.#file)
  }

  get firstPiece(): PieceIndex {
    return this.#table.firstPiece(this.#file)
  }

  get pieceCount(): number {
    return this.#table.pieceCount(this.#file)
  }

  get inline(): readonly InlineExtent[] {
    return this.#table.inline(this.#file)
  }
}
