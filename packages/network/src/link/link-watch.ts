import { type CancelTimer, type Clock, type Millis, millis } from '@p2pshare/base'
import { LIFE } from '../limits/index.ts'
import type { LinkLimits } from './swarm-host.ts'

/** What a {@link LinkWatch} looks at and does. */
export interface LinkWatchInit {
  clock: Clock
  limits: Pick<LinkLimits, 'keepAlive' | 'idleTimeout' | 'progressTimeout'>
  /** When data last moved while some waits; undefined when none waits. */
  waitingSince(): Millis | undefined
  ping(): void
  onIdle(): void
  onNoProgress(): void
}

/**
 * One timer per link for keep-alive, idle and no-progress. It wakes when the nearest of them could
 * be due and looks; nothing is armed or cancelled per message.
 */
export class LinkWatch {
  readonly #init: LinkWatchInit
  #heardAt: Millis
  #pingedAt: Millis
  #cancel: CancelTimer | undefined
  /** When the timer is to run. */
  #due: Millis
  /** Nothing is judged before: we stood still, and what came meanwhile has not been read. */
  #excusedUntil: Millis

  constructor(init: LinkWatchInit) {
    this.#init = init
    this.#heardAt = init.clock.now()
    this.#pingedAt = this.#heardAt
    this.#due = this.#heardAt
    this.#excusedUntil = this.#heardAt
    this.#arm(this.#heardAt)
  }

  /** When the other side was last heard. */
  get heardAt(): Millis {
    return this.#heardAt
  }

  /** The other side sent something. */
  heard(): void {
    this.#heardAt = this.#init.clock.now()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(now: Millis): void {
    const { keepAlive, idleTimeout, progressTimeout } = this.#init.limits
    const quietSince = Math.max(this.#heardAt, this.#pingedAt)
    const stuck = (this.#init.waitingSince() ?? now) + progressTimeout
    const next = Math.min(quietSince + keepAlive, this.#heardAt + idleTimeout, stuck)
    this.#due = millis(Math.max(next, now + 1, this.#excusedUntil))
    this.#cancel = this.#init.clock.after(millis(this.#due - now), this.#look)
  }

  readonly #look = (): void => {
    const { clock, limits } = this.#init
    const now = clock.now()
    if (now - this.#due >= LIFE.slept) return this.#wokeUp(now)
    const waiting = this.#init.waitingSince()
    if (now - this.#heardAt >= limits.idleTimeout) return this.#init.onIdle()
    if (waiting !== undefined && now - waiting >= limits.progressTimeout) return this.#init.onNoProgress()
    if (now - Math.max(this.#heardAt, this.#pingedAt) >= limits.keepAlive) {
      this.#pingedAt = now
      this.#init.ping()
    }
    // ping() may have closed the link, which stops the watch.
    if (this.#cancel !== undefined) this.#arm(now)
  }

  /** The other side's silence was ours: it is asked, and has the time of an answer. */
  #wokeUp(now: Millis): void {
    this.#excusedUntil = millis(now + LIFE.answer)
    this.#pingedAt = now
    this.#init.ping()
    if (this.#cancel !== undefined) this.#arm(now)
  }
}
