import type { ByteRate, Millis } from '@p2pshare/base'
import { type Flow, RateLimiter } from '../../src/index.ts'

/** A flow that always wants to send, and what it has sent. */
export interface Greedy {
  readonly flow: Flow
  /** Largest slice that it asks for. */
  readonly most: number
  sent: number
}

/** What a crowd did in each millisecond at which anything happened. */
export interface Passed {
  at: number
  bytes: number
  flow: Flow
}

/** Greedy flows on one limiter, in virtual time. */
export class Crowd {
  readonly limiter: RateLimiter = new RateLimiter()
  readonly members: Greedy[]
  readonly passed: Passed[] = []
  wakes = 0
  now = 0
  readonly #waiting = new Map<number, { member: Greedy; bytes: number }>()
  readonly #events: { at: number; run: () => void }[] = []

  constructor(flows: readonly (Flow & { most?: number })[]) {
    this.members = flows.map(({ most = Number.MAX_SAFE_INTEGER, ...flow }) => ({ flow, most, sent: 0 }))
  }

  limit(rate: number | undefined, scope: Parameters<RateLimiter['setRate']>[0] = { kind: 'global' }): void {
    this.limiter.setRate(scope, rate as ByteRate | undefined, this.now as Millis)
    this.release()
  }

  /** Does something at a time to come. */
  at(time: number, run: () => void): void {
    this.#events.push({ at: time, run })
    this.#events.sort((a, b) => a.at - b.at)
  }

  /** Starts everybody, then lets time pass; a flow that is let pass asks again at once. */
  run(until: number): void {
    if (this.now === 0) for (const member of this.members) this.ask(member)
    for (;;) {
      const wake = this.limiter.nextWake() ?? Number.POSITIVE_INFINITY
      const event = this.#events[0]
      const next = Math.min(Math.max(wake, this.now), event?.at ?? Number.POSITIVE_INFINITY)
      if (next > until) break
      this.now = next
      if (event !== undefined && event.at <= next) {
        this.#events.shift()
        event.run()
      } else {
        this.wakes++
        this.release()
      }
    }
    this.now = until
  }

  release(): void {
    const granted = this.limiter.takeGrants(this.now as Millis).map(({ ticket, bytes }) => {
      const waiting = this.#waiting.get(ticket)
      if (waiting === undefined) throw new Error(`ticket ${ticket} granted twice or never given`)
      this.#waiting.delete(ticket)
      if (bytes < 1 || bytes > waiting.bytes) throw new Error(`${bytes} of ${waiting.bytes} bytes granted`)
      this.#pass(waiting.member, bytes)
      return waiting.member
    })
    for (const member of granted) this.ask(member)
  }

  /** Bytes that passed in [from, to). */
  between(from: number, to: number, of: (flow: Flow) => boolean = () => true): number {
    let sum = 0
    for (const { at, bytes, flow } of this.passed) if (at >= from && at < to && of(flow)) sum += bytes
    return sum
  }

  ask(member: Greedy): void {
    // A flow that is never held would go on for ever within one moment.
    for (let free = 0; free < 10_000; free++) {
      const bytes = Math.min(this.limiter.slice(member.flow), member.most)
      const ticket = this.limiter.take(member.flow, bytes, this.now as Millis)
      if (ticket !== undefined) {
        this.#waiting.set(ticket, { member, bytes })
        return
      }
      this.#pass(member, bytes)
    }
  }

  #pass(member: Greedy, bytes: number): void {
    member.sent += bytes
    this.passed.push({ at: this.now, bytes, flow: member.flow })
  }
}

/** `count` peers of one share. */
export function peers(count: number, share = 's', lan = false): Flow[] {
  return Array.from({ length: count }, (_, i) => ({ peer: `${share}${i}`, share, lan }))
}
