import { invariant, type PieceIndex } from '@p2pshare/base'

/** Receives one answer; made when the request leaves, told about every way it can end. */
export interface RangeWriter {
  /** Where the link puts the payload; called at most once, when the first byte is due. */
  open(): Uint8Array
  /** All bytes are in: they are now part of the piece, unless it was sealed meanwhile. */
  arrived(): void
  /** The link will not write (any more) into what `open` gave. */
  ended(): void
}

interface Assembly {
  buffer: Uint8Array
  /** Writers whose link may still put bytes straight into `buffer`. */
  direct: Set<object> | undefined
  sealed: boolean
}

/** How many whole-piece buffers are kept for reuse; fresh memory costs more than a copy. */
const SPARE_BUFFERS = 32

/**
 * The memory in which pieces are put together. Bytes go from the link straight into the piece's
 * buffer (one copy in all) as long as nobody else can write the same buffer later: an answer that
 * was overtaken (endgame, time-out) may still be arriving, so before a range is filled a second
 * way, and before a piece is hashed, the buffer is left to the straggler and a private copy taken.
 * What was verified is thus exactly what is written.
 */
export class PieceBuffers {
  readonly #sizeOf: (piece: PieceIndex) => number
  readonly #fresh: (size: number) => Uint8Array
  readonly #pieces = new Map<PieceIndex, Assembly>()
  readonly #spare: Uint8Array[] = []

  /**
   * @param sizeOf - length of a piece's block in bytes
   * @param fresh - gives a new buffer of that size, contents undefined
   */
  constructor(
    sizeOf: (piece: PieceIndex) => number,
    fresh: (size: number) => Uint8Array = (size) => new Uint8Array(size)
  ) {
    this.#sizeOf = sizeOf
    this.#fresh = fresh
  }

  /** Bytes held in unfinished pieces. */
  get bytes(): number {
    let sum = 0
    for (const { buffer } of this.#pieces.values()) sum += buffer.byteLength
    return sum
  }

  /** A writer for `length` bytes at `offset` of one piece, or for `count` whole pieces in a row. */
  writer(piece: PieceIndex, count: number, offset: number, length: number): RangeWriter {
    return count > 1 ? this.#runWriter(piece, count, length) : this.#rangeWriter(piece, offset, length)
  }

  /** The piece's bytes, safe from any late writer; owned by the caller until {@link release}. */
  seal(piece: PieceIndex): Uint8Array {
    const assembly = this.#pieces.get(piece)
    invariant(assembly, `piece ${piece} has no buffer`)
    if (isWritten(assembly)) this.#detach(assembly)
    assembly.sealed = true
    return assembly.buffer
  }

  /** The buffer of a piece is no longer needed. */
  release(piece: PieceIndex): void {
    const assembly = this.#pieces.get(piece)
    if (assembly === undefined) return
    this.#pieces.delete(piece)
    const whole = assembly.buffer.byteLength === assembly.buffer.buffer.byteLength
    if (!isWritten(assembly) && whole && this.#spare.length < SPARE_BUFFERS) {
      this.#spare.push(assembly.buffer)
    }
  }

  #rangeWriter(piece: PieceIndex, offset: number, length: number): RangeWriter {
    const key = {}
    let target: Uint8Array | undefined
    let home: Assembly | undefined
    return {
      open: () => {
        const assembly = this.#assembly(piece)
        if (assembly.sealed || (isWritten(assembly) && this.#overlapped(assembly, offset, length))) {
          target = new Uint8Array(length)
        } else {
          home = assembly
          assembly.direct ??= new Set()
          assembly.direct.add(Object.assign(key, { offset, length }))
          target = assembly.buffer.subarray(offset, offset + length)
        }
        return target
      },
      arrived: () => {
        const assembly = this.#pieces.get(piece)
        home?.direct?.delete(key)
        if (assembly === undefined || assembly.sealed || target === undefined) return
        if (target.buffer === assembly.buffer.buffer) return
        if (isWritten(assembly)) this.#detach(assembly)
        assembly.buffer.set(target, offset)
      },
      ended: () => {
        home?.direct?.delete(key)
      }
    }
  }

  #runWriter(first: PieceIndex, count: number, length: number): RangeWriter {
    let target: Uint8Array | undefined
    return {
      open: () => {
        target = new Uint8Array(length)
        return target
      },
      arrived: () => {
        if (target === undefined) return
        for (let i = 0, at = 0; i < count; i++) {
          const piece = (first + i) as PieceIndex
          const size = this.#sizeOf(piece)
          const present = this.#pieces.get(piece)
          if (present?.sealed !== true) {
            const buffer = target.subarray(at, at + size)
            this.#pieces.set(piece, { buffer, direct: undefined, sealed: false })
          }
          at += size
        }
      },
      ended: () => {}
    }
  }

  #assembly(piece: PieceIndex): Assembly {
    let assembly = this.#pieces.get(piece)
    if (assembly === undefined) {
      assembly = { buffer: this.#allocate(this.#sizeOf(piece)), direct: undefined, sealed: false }
      this.#pieces.set(piece, assembly)
    }
    return assembly
  }

  #overlapped(assembly: Assembly, offset: number, length: number): boolean {
    for (const writer of assembly.direct as Iterable<{ offset: number; length: number }>) {
      if (writer.offset < offset + length && offset < writer.offset + writer.length) return true
    }
    return false
  }

  /** Leaves the buffer to whoever may still write it and goes on with a copy. */
  #detach(assembly: Assembly): void {
    assembly.buffer = assembly.buffer.slice()
    assembly.direct = undefined
  }

  #allocate(size: number): Uint8Array {
    const i = this.#spare.findIndex((b) => b.byteLength === size)
    return i === -1 ? this.#fresh(size) : (this.#spare.splice(i, 1)[0] as Uint8Array)
  }
}

/** Whether a link may still put bytes into the buffer. */
function isWritten({ direct }: Assembly): boolean {
  return direct !== undefined && direct.size > 0
}
