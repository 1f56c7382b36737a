import { hash } from 'node:crypto'
import { MiB, type PieceIndex, seededRng } from '@p2pshare/base'
import { createShareBuilder, type ShareLayout } from '@p2pshare/content'

/** Every so many bytes of a block one sample lies; no range that is asked of a peer is longer. */
const SAMPLE_EVERY = 256 * 1024
const SAMPLE_LENGTH = 16
/** Blocks up to this size (index blocks) are real from end to end. */
const WHOLE = 64 * 1024
const PIECE = MiB

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', data, 'buffer'))

/**
 * sha2-256 of a simulated block: of all of a small one, of the samples of a piece. Everything else
 * in a piece is zero and never touched, so a swarm of a thousand nodes costs no memory.
 */
export function sampledDigest(block: Uint8Array): Uint8Array {
  if (block.byteLength <= WHOLE) return sha256(block)
  const samples = new Uint8Array(Math.ceil(block.byteLength / SAMPLE_EVERY) * SAMPLE_LENGTH)
  for (let at = 0, to = 0; at < block.byteLength; at += SAMPLE_EVERY, to += SAMPLE_LENGTH) {
    samples.set(block.subarray(at, at + SAMPLE_LENGTH), to)
  }
  return sha256(samples)
}

/** Copies what a simulated link carries: all of a small block, the samples of a range. */
export function copySamples(target: Uint8Array, source: Uint8Array): void {
  if (source.byteLength <= WHOLE) {
    target.set(source)
    return
  }
  for (let at = 0; at < source.byteLength; at += SAMPLE_EVERY) {
    target.set(source.subarray(at, at + SAMPLE_LENGTH), at)
  }
}

/** A file share of pieces of 1 MiB whose bytes are samples of chance in a sea of untouched zeros. */
export class SampledContent {
  readonly layout: ShareLayout
  readonly #bytes: Uint8Array

  /**
   * @param seed - the same seed makes the same content
   * @param pieces - at least 2
   */
  constructor(seed: number, pieces: number) {
    const rng = seededRng(seed)
    this.#bytes = new Uint8Array(new ArrayBuffer(pieces * PIECE))
    const words = new DataView(this.#bytes.buffer)
    for (let at = 0; at < this.#bytes.byteLength; at += SAMPLE_EVERY) {
      for (let i = 0; i < SAMPLE_LENGTH; i += 4) words.setUint32(at + i, rng.uint32())
    }
    const builder = createShareBuilder({ sha256 })
    const file = builder.file([])
    for (let piece = 0; piece < pieces; piece++) {
      file.addPiece(sampledDigest(this.block(piece as PieceIndex)), PIECE)
    }
    file.finish()
    this.layout = builder.finish()
  }

  /** Root CID, canonical text. */
  get cid(): string {
    return this.layout.root.toString()
  }

  /** The bytes of a piece; shared by all, not to be changed. */
  block(piece: PieceIndex): Uint8Array {
    return this.#bytes.subarray(piece * PIECE, (piece + 1) * PIECE)
  }
}

/** Where pieces are put together: slots in address space that is mapped page by page when touched. */
export class SlotArena {
  readonly #chunkSlots: number
  readonly #chunks: Uint8Array[] = []
  readonly #free: Uint8Array[] = []
  #used = 0

  /** @param chunkSlots - slots of 1 MiB in one reservation of address space */
  constructor(chunkSlots = 2048) {
    this.#chunkSlots = chunkSlots
  }

  /** A buffer; samples of its last use are gone, so that nothing passes for what was not received. */
  allocate(size: number): Uint8Array {
    if (size !== PIECE) return new Uint8Array(size)
    const slot = this.#free.pop() ?? this.#next()
    for (let at = 0; at < size; at += SAMPLE_EVERY) slot.fill(0, at, at + SAMPLE_LENGTH)
    return slot
  }

  /** A buffer may be used again; those that are not ours are ignored. */
  release(buffer: Uint8Array): void {
    if (buffer.byteLength === PIECE && buffer.buffer.byteLength > PIECE) this.#free.push(buffer)
  }

  #next(): Uint8Array {
    const chunk = Math.floor(this.#used / this.#chunkSlots)
    const slot = this.#used % this.#chunkSlots
    this.#used++
    this.#chunks[chunk] ??= new Uint8Array(new ArrayBuffer(this.#chunkSlots * PIECE))
    return (this.#chunks[chunk] as Uint8Array).subarray(slot * PIECE, (slot + 1) * PIECE)
  }
}
