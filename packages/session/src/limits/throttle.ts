import { type ByteRate, type CancelTimer, type Clock, type Millis, millis } from '@p2pshare/base'
import { type Flow, type LimitScope, RateLimiter } from '@p2pshare/engine'
import type { Pace } from '@p2pshare/ports'

/** Whose waiting bytes are given up together: a link. */
export type FlowOwner = object

interface Waiting {
  owner: FlowOwner
  asked: number
  go(bytes: number): void
}

/**
 * The rate limits of one direction at work: keeps who waits, and the one timer for the moment when
 * somebody can go on.
 */
export class Throttle {
  readonly #limiter = new RateLimiter()
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  #timer: CancelTimer | undefined
  #timerAt: Millis | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The limit of a scope, in bytes per second. */
  rate(scope: LimitScope): ByteRate | undefined {
    return this.#limiter.rate(scope)
  }

  /** Sets or (undefined) lifts a limit; who waits goes on by the new one at once. */
  setRate(scope: LimitScope, rate: ByteRate | undefined): void {
    this.#limiter.setRate(scope, rate, this.#clock.now())
    this.#release()
  }

  /** Whether a scope's limit holds for peers within the LAN, too; global: every limit. */
  setIncludeLan(scope: LimitScope, include: boolean): void {
    this.#limiter.setIncludeLan(scope, include, this.#clock.now())
    this.#release()
  }

  /** The pace of one flow; `owner` is the link that {@link leave} names. */
  pace(flow: Flow, owner: FlowOwner): Pace {
    const limiter = this.#limiter
    return {
      get slice() {
        return limiter.slice(flow)
      },
      take: (bytes) => this.#take(flow, bytes, owner)
    }
  }

  /** Bytes have come in: undefined, or a promise for the moment when they are paid for; it never rejects. */
  passed(flow: Flow, bytes: number, owner: FlowOwner): Promise<void> | undefined {
    const turn = this.#take(flow, bytes, owner)
    return turn?.then((paid) => (paid < bytes ? this.passed(flow, bytes - paid, owner) : undefined))
  }

  /** The link is gone: nothing of it waits any more. */
  leave(owner: FlowOwner, peer: string): void {
    for (const [ticket, waiting] of this.#waiting) {
      if (waiting.owner !== owner) continue
      this.#limiter.cancel(ticket)
      this.#waiting.delete(ticket)
      waiting.go(waiting.asked)
    }
    this.#limiter.peerLeft(peer)
    this.#arm()
  }

  #take(flow: Flow, bytes: number, owner: FlowOwner): Promise<number> | undefined {
    const ticket = this.#limiter.take(flow, bytes, this.#clock.now())
    if (ticket === undefined) return undefined
    return new Promise((resolve) => {
      this.#waiting.set(ticket, { owner, asked: bytes, go: resolve })
      this.#arm()
    })
  }

  #release(): void {
    for (const { ticket, bytes } of this.#limiter.takeGrants(this.#clock.now())) {
      this.#waiting.get(ticket)?.go(bytes)
      this.#waiting.delete(ticket)
    }
    this.#arm()
  }

  #arm(): void {
    const at = this.#limiter.nextWake()
    if (at === this.#timerAt) return
    this.#timer?.()
    this.#timerAt = at
    this.#timer = undefined
    if (at === undefined) return
    this.#timer = this.#clock.after(millis(Math.max(0, at - this.#clock.now())), () => {
      this.#timerAt = undefined
      this.#release()
    })
  }
}
