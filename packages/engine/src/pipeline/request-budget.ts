import { invariant, KiB, MiB } from '@p2pshare/base'

/** No ceiling goes below two ranges of 256 KiB, or nobody could be kept busy. */
const LEAST_CEILING = 512 * KiB

/**
 * What all shares together may have asked for and not yet received: bytes and requests. Shared by
 * the swarms of a node; nobody waits in it, who is refused asks again later.
 */
export class RequestBudget {
  readonly maxBytes: number
  readonly maxRequests: number
  #ceiling: number
  #bytes = 0
  #requests = 0

  /** Defaults: 128 MiB, 2,048 requests (docs/protocol.md, limits). */
  constructor(maxBytes: number = 128 * MiB, maxRequests = 2048) {
    this.maxBytes = maxBytes
    this.maxRequests = maxRequests
    this.#ceiling = maxBytes
  }

  /** Bytes asked for and not yet received, by all. */
  get bytes(): number {
    return this.#bytes
  }

  get requests(): number {
    return this.#requests
  }

  /** Bytes that may be asked for at present: `maxBytes`, or less while a ceiling is set. */
  get ceiling(): number {
    return this.#ceiling
  }

  /**
   * Lowers what may be asked for, for a node that downloads at a limited rate: what comes in later
   * than some seconds from now need not be asked for today. Requests already made stay.
   *
   * @param bytes - kept within 512 KiB … `maxBytes`; undefined (or no number): no ceiling
   */
  setCeiling(bytes: number | undefined): void {
    this.#ceiling = Math.min(this.maxBytes, ceilingOf(bytes))
  }

  /** Whether one more request of `bytes` fits. A lone request always does. */
  fits(bytes: number): boolean {
    if (this.#requests === 0) return true
    return this.#requests < this.maxRequests && this.#bytes + bytes <= this.#ceiling
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

/** A ceiling in bytes from what a caller gives: at least 512 KiB; infinite when undefined or no number. */
export function ceilingOf(bytes: number | undefined): number {
  if (bytes === undefined || Number.isNaN(bytes)) return Number.POSITIVE_INFINITY
  return Math.max(LEAST_CEILING, bytes)
}
