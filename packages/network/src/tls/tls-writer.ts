import type { Socket } from 'node:net'

/** Bytes handed to the socket that have not all left, from which on no more should be sent. */
const ENOUGH = 64 * 1024

/**
 * Writes to a TLS socket: all of one tick in one call, so that records are full.
 *
 * What is sent may be used again by its owner after the tick (the contract of the links' data writer). What a socket
 * can write at once is encrypted by then; what it would keep for later is copied first.
 */
export class TlsWriter {
  readonly #socket: Socket
  readonly #onDrain: () => void
  /** Bytes of this tick, and of earlier ones, that have not left. */
  #corked = 0
  #flushed = 0
  #inTick = false
  #full = false

  /** @param onDrain - more may be sent after a {@link write} that said no */
  constructor(socket: Socket, onDrain: () => void) {
    this.#socket = socket
    this.#onDrain = onDrain
  }

  /** Takes all parts. @returns whether more should be sent now */
  write(parts: Iterable<Uint8Array>, size: number): boolean {
    this.#cork()
    this.#corked += size
    const keep = this.#flushed > 0
    const last = (error?: Error | null): void => {
      // After a failure the connection ends, and with it all waiting.
      if (error === undefined || error === null) this.#left(size)
    }
    if (keep) this.#socket.write(copied(parts, size), last)
    else {
      let left = size
      for (const part of parts) {
        left -= part.byteLength
        this.#socket.write(part, left === 0 ? last : undefined)
      }
    }
    this.#full ||= this.#corked + this.#flushed >= ENOUGH
    return !this.#full
  }

  #cork(): void {
    if (this.#inTick) return
    this.#inTick = true
    this.#socket.cork()
    queueMicrotask(() => {
      this.#inTick = false
      this.#flushed += this.#corked
      this.#corked = 0
      this.#socket.uncork()
    })
  }

  #left(size: number): void {
    this.#flushed -= size
    if (!this.#full || this.#flushed + this.#corked >= ENOUGH) return
    this.#full = false
    this.#onDrain()
  }
}

function copied(parts: Iterable<Uint8Array>, size: number): Uint8Array {
  const whole = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}
