import type { DataMessage, SwarmMessage } from '@p2pshare/wire'
import type { LinkHandler, PeerLink } from '@p2pshare/ports'

/** Counts payload bytes into one buffer, and times pings. */
export class LinkBenchSink implements LinkHandler {
  readonly #buffer = new Uint8Array(2 * 1024 * 1024)
  readonly #total: number
  readonly #complete = Promise.withResolvers<void>()
  readonly #closed = Promise.withResolvers<void>()
  readonly #pinged = new Map<bigint, number>()
  readonly #roundTrips: number[] = []
  #received = 0
  #nonce = 0n

  constructor(total: number) {
    this.#total = total
  }

  get complete(): Promise<void> {
    return this.#complete.promise
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  ping(link: PeerLink): void {
    this.#pinged.set(++this.#nonce, performance.now())
    link.send({ type: 'ping', nonce: this.#nonce })
  }

  medianRoundTrip(): number {
    return this.#roundTrips.toSorted((a, b) => a - b)[this.#roundTrips.length >> 1] ?? Number.NaN
  }

  onMessage(message: SwarmMessage): void {
    const asked = message.type === 'pong' ? this.#pinged.get(message.nonce) : undefined
    if (asked !== undefined) this.#roundTrips.push(performance.now() - asked)
  }

  targetFor(data: DataMessage): Uint8Array {
    return this.#buffer.subarray(0, data.length)
  }

  onData(data: DataMessage): void {
    this.#received += data.length
    if (this.#received >= this.#total) this.#complete.resolve()
  }

  onClose(): void {
    this.#closed.resolve()
  }
}
