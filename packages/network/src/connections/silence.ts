import type { Millis } from '@p2pshare/base'
import type { LifeLimits } from '../limits/index.ts'
import type { SocketSight } from './connection-sight.ts'

/** What a look at a connection shows. */
export interface SilenceSight extends Pick<SocketSight, 'read' | 'handedOver' | 'backlog'> {
  /** A swarm link runs over it: somebody waits for this peer. */
  linked: boolean
}

/** What is to be done about a connection. */
export type SilenceVerdict = 'alive' | 'ask' | 'dead'

/**
 * Whether the other side of one connection is still there. A sign of life is a byte that came; and while we send more
 * than the kernel takes, each byte that it takes, since it makes room only for what the peer has confirmed. So a
 * connection that is busy in either direction is never ended for an answer that waits in a queue. Pure.
 */
export class Silence {
  #read = 0
  #handedOver = 0
  #backlog = false
  #aliveAt: Millis
  #askedAt: Millis | undefined
  #doubted = false

  constructor(now: Millis) {
    this.#aliveAt = now
  }

  look(sight: SilenceSight, now: Millis, limits: LifeLimits): SilenceVerdict {
    if (this.#doubted) return this.#askAnew(sight, now)
    const confirmed = this.#backlog && sight.handedOver > this.#handedOver
    if (sight.read !== this.#read || confirmed) {
      this.#aliveAt = now
      this.#askedAt = undefined
    }
    this.#read = sight.read
    this.#handedOver = sight.handedOver
    this.#backlog = sight.backlog
    if (this.#askedAt !== undefined) {
      return now - this.#askedAt >= (sight.backlog ? limits.stuck : limits.answer) ? 'dead' : 'alive'
    }
    if (now - this.#aliveAt < (sight.linked ? limits.quietLinked : limits.quiet)) return 'alive'
    this.#askedAt = now
    return 'ask'
  }

  /**
   * We slept, or the way to the peer may have changed: at the next look it is asked. What came until then is of
   * before, and says nothing.
   */
  doubt(): void {
    this.#doubted = true
  }

  #askAnew({ read, handedOver, backlog }: SilenceSight, now: Millis): SilenceVerdict {
    this.#doubted = false
    this.#read = read
    this.#handedOver = handedOver
    this.#backlog = backlog
    this.#askedAt = now
    return 'ask'
  }
}
