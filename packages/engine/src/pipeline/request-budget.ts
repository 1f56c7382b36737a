import { invariant, MiB } from '@p2pshare/base'

/**
 * What all shares together may have asked for and not yet received: bytes and requests. Shared by
 * the swarms of a node; nobody waits in it, who is refused asks again later.
 */
export class RequestBudget {
  readonly maxBytes: number
  readonly maxRequests: number
  #bytes = 0
  #requests = 0

  /** Defaults: 128 MiB, 2,048 requests (docs/protocol.md, limits). */
  constructor(maxBytes: number = 128 * MiB, maxRequests = 2048) {
    this.maxBytes = maxBytes
    this.maxRequests = maxRequests
  }

  /** Bytes asked for and not yet received, by all. */
  get bytes(): number {
    return this.#bytes
  }

  get requests(): number {
    return this.#requests
  }

  /** Whether one more request of `bytes` fits. A lone request always does. */
  fits(bytes: number): boolean {
    if (this.#requests === 0) return true
    return this.#requests < this.maxRequests && this.#bytes + bytes <= this.maxBytes
  }

  /** A request of `bytes` was made. */
  take(bytes: number): void {
    this.#bytes += bytes
    this.#requests++
  }

  /** It was answered, refused or given up. */
  giveBack(bytes: number): void {
    this.#bytes -= bytes
    this.#requests--
    invariant(this.#bytes >= 0 && this.#requests >= 0, 'more given back than taken')
  }
}
