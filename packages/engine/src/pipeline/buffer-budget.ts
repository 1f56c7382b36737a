import { invariant, MiB } from '@p2pshare/base'

/**
 * Bytes of pieces that all shares of a node together hold in memory, from the first request for a
 * piece to the end of its write. Nobody waits in it: who finds no room begins nothing new, and
 * tries again. Every share may have one piece, whatever the others hold.
 */
export class BufferBudget {
  readonly maxBytes: number
  #bytes = 0

  /** Default: 128 MiB (docs/protocol.md, limits). */
  constructor(maxBytes: number = 128 * MiB) {
    this.maxBytes = maxBytes
  }

  /** Bytes held by all. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether a piece of `bytes` fits beside what there is. */
  fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.maxBytes
  }

  /** A piece was begun. */
  take(bytes: number): void {
    this.#bytes += bytes
  }

  /** Its buffer is free again. */
  giveBack(bytes: number): void {
    this.#bytes -= bytes
    invariant(this.#bytes >= 0, 'more given back than taken')
  }
}
