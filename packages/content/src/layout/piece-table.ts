import { type Bytes, bytes, type PieceIndex } from '@p2pshare/base'

const DIGEST_SIZE = 32

/** The facts about each piece, in flat arrays: 53 bytes a piece. Filled once, in piece order. */
export class PieceTable {
  readonly #digests: Uint8Array
  readonly #blockSizes: Uint32Array
  readonly #dataSizes: Uint32Array
  readonly #files: Uint32Array
  readonly #offsets: Float64Array
  #count = 0

  /** @param capacity - exactly how many pieces will be added */
  constructor(capacity: number) {
    this.#digests = new Uint8Array(capacity * DIGEST_SIZE)
    this.#blockSizes = new Uint32Array(capacity)
    this.#dataSizes = new Uint32Array(capacity)
    this.#files = new Uint32Array(capacity)
    this.#offsets = new Float64Array(capacity)
  }

  get count(): number {
    return this.#count
  }

  /** Adds the next piece; the digest is copied. */
  add(digest: Uint8Array, blockSize: number, dataSize: number, file: number, offset: number): void {
    const i = this.#count++
    this.#digests.set(digest, i * DIGEST_SIZE)
    this.#blockSizes[i] = blockSize
    this.#dataSizes[i] = dataSize
    this.#files[i] = file
    this.#offsets[i] = offset
  }

  digest(piece: PieceIndex): Uint8Array {
    return this.#digests.subarray(piece * DIGEST_SIZE, (piece + 1) * DIGEST_SIZE)
  }

  blockSize(piece: PieceIndex): Bytes {
    return bytes(this.#blockSizes[piece] ?? 0)
  }

  dataSize(piece: PieceIndex): Bytes {
    return bytes(this.#dataSizes[piece] ?? 0)
  }

  fileOf(piece: PieceIndex): number {
    return this.#files[piece] ?? 0
  }

  fileOffset(piece: PieceIndex): Bytes {
    return bytes(this.#offsets[piece] ?? 0)
  }
}
