import type { Clock } from '@p2pshare/base'
import { RateMeter } from '@p2pshare/engine'
import type { ShareRecord } from '@p2pshare/ports'

/** Content bytes of one share that went up and down: totals in its record, rates for display. */
export class ShareTraffic {
  readonly #record: ShareRecord
  readonly #clock: Clock
  readonly #up = new RateMeter()
  readonly #down = new RateMeter()
  #unsaved = false
  #moved = 0

  constructor(record: ShareRecord, clock: Clock) {
    this.#record = record
    this.#clock = clock
  }

  /** Bytes per second sent. */
  get rateUp(): number {
    return this.#up.rate(this.#clock.now())
  }

  /** Bytes per second received. */
  get rateDown(): number {
    return this.#down.rate(this.#clock.now())
  }

  /** Bytes that came since this object was made, the index included. */
  get moved(): number {
    return this.#moved
  }

  sent(bytes: number): void {
    this.#record.uploaded += bytes
    this.#up.add(bytes, this.#clock.now())
    this.#unsaved = true
  }

  received(bytes: number): void {
    this.#record.downloaded += bytes
    this.#moved += bytes
    this.#down.add(bytes, this.#clock.now())
    this.#unsaved = true
  }

  /** Bytes of the index: they take time on the line, but are no content. */
  receivedIndex(bytes: number): void {
    this.#moved += bytes
    this.#down.add(bytes, this.#clock.now())
  }

  /** A block that came with the index turned out to be content (a file of one block). */
  indexWasContent(bytes: number): void {
    this.#record.downloaded += bytes
    this.#unsaved = true
  }

  /** Whether the totals changed since the last call. */
  takeUnsaved(): boolean {
    const unsaved = this.#unsaved
    this.#unsaved = false
    return unsaved
  }
}
