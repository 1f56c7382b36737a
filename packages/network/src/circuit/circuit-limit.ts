import { type Clock, type Millis, SECOND } from '@p2pshare/base'
import type { ConnectionLimits } from '@libp2p/interface'
import { CIRCUIT } from '../limits/index.ts'
import type { ToldLimit } from './circuit-message.ts'

/**
 * What one relayed connection may still carry, counted on our side. A relay that says more than it does ends the
 * connection early, which we see; one that says nothing sets no limit.
 */
export class CircuitLimit {
  readonly #clock: Pick<Clock, 'now'>
  readonly #until: number | undefined
  #bytes: bigint | undefined

  constructor(told: ToldLimit | undefined, clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    const duration = told === undefined ? undefined : durationOf(told)
    this.#until = duration === undefined ? undefined : clock.now() + duration
    this.#bytes = told === undefined || told.data === 0 ? undefined : BigInt(told.data)
  }

  /** Counts bytes in either direction. */
  count(bytes: number): void {
    if (this.#bytes === undefined) return
    const left = this.#bytes - BigInt(bytes)
    this.#bytes = left > 0n ? left : 0n
  }

  /** As libp2p shows them, always up to date; undefined without limits. */
  get limits(): ConnectionLimits | undefined {
    if (this.#until === undefined && this.#bytes === undefined) return undefined
    const limits: ConnectionLimits = {}
    if (this.#bytes !== undefined)
      Object.defineProperty(limits, 'bytes', { enumerable: true, get: () => this.#bytes })
    if (this.#until !== undefined) {
      const until = this.#until
      Object.defineProperty(limits, 'seconds', {
        enumerable: true,
        get: () => Math.max(0, Math.round((until - this.#clock.now()) / SECOND))
      })
    }
    return limits
  }
}

/**
 * How long a relay lets a connection live; undefined: for ever. The specification says seconds, js-libp2p's server
 * says milliseconds: nobody relays for more than a day.
 */
function durationOf({ duration }: ToldLimit): Millis | undefined {
  if (duration === 0) return undefined
  return (duration > CIRCUIT.maxSeconds ? duration : duration * SECOND) as Millis
}
