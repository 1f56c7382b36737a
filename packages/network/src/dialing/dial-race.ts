import { type Millis, millis } from '@p2pshare/base'

/** An address in a race; `text` tells it from the others. */
export interface RaceAddress {
  readonly text: string
  /** Over a relay: only when the direct ones have had their time. */
  readonly relayed: boolean
}

/** What happens to a race. */
export type RaceEvent =
  /** More addresses, in the order in which they shall be dialled. */
  | { kind: 'addresses'; addresses: readonly RaceAddress[] }
  /** No more addresses are on their way; any that come all the same count while one is being dialled. */
  | { kind: 'complete' }
  | { kind: 'failed'; address: string }
  | { kind: 'connected'; address: string }
  | { kind: 'tick' }

/** What a race wants done. */
export type RaceEffect =
  | { kind: 'dial'; address: string; relayed: boolean }
  /** Another one was first. */
  | { kind: 'abort'; address: string }
  /** None is left. */
  | { kind: 'lost' }

/** Times and numbers of a race. */
export interface RaceLimits {
  stagger: Millis
  relayDelay: Millis
  parallel: number
  maxAddresses: number
}

/**
 * Decides when which address of one peer is dialled (RFC 8305): each `stagger` after the one before, or at once
 * when that one has failed; the first that connects wins and the others are aborted. Addresses over a relay wait
 * until no direct one runs, or `relayDelay` after the last direct start.
 */
export class DialRace {
  readonly #limits: RaceLimits
  readonly #direct: string[] = []
  readonly #relayed: string[] = []
  readonly #running = new Set<string>()
  readonly #seen = new Set<string>()
  readonly #effects: RaceEffect[] = []
  /** The last one that was started, while it runs. */
  #latest: string | undefined
  #latestAt: Millis | undefined
  #complete = false
  #over = false

  constructor(limits: RaceLimits) {
    this.#limits = limits
  }

  /** Addresses that were dialled or will be. */
  get size(): number {
    return this.#seen.size
  }

  handle(event: RaceEvent, now: Millis): void {
    if (this.#over) return
    switch (event.kind) {
      case 'addresses':
        this.#add(event.addresses)
        break
      case 'complete':
        this.#complete = true
        break
      case 'failed':
        this.#running.delete(event.address)
        if (this.#latest === event.address) this.#latest = undefined
        break
      case 'connected':
        return this.#win(event.address)
      case 'tick':
        break
    }
    this.#startDue(now)
    if (this.#complete && this.#running.size === 0 && this.#waiting === 0) {
      this.#over = true
      this.#effects.push({ kind: 'lost' })
    }
  }

  takeEffects(): RaceEffect[] {
    return this.#effects.splice(0)
  }

  /** When a tick may start the next address; undefined: not by time alone. */
  nextWake(): Millis | undefined {
    if (this.#over || this.#waiting === 0 || this.#running.size >= this.#limits.parallel) return undefined
    return this.#dueAt()
  }

  get #waiting(): number {
    return this.#direct.length + this.#relayed.length
  }

  #add(addresses: readonly RaceAddress[]): void {
    for (const { text, relayed } of addresses) {
      if (this.#seen.size >= this.#limits.maxAddresses || this.#seen.has(text)) continue
      this.#seen.add(text)
      if (relayed) this.#relayed.push(text)
      else this.#direct.push(text)
    }
  }

  #startDue(now: Millis): void {
    while (this.#waiting > 0 && this.#running.size < this.#limits.parallel && now >= this.#dueAt()) {
      const direct = this.#direct.shift()
      const address = direct ?? this.#relayed.shift()
      if (address === undefined) return
      this.#running.add(address)
      this.#latest = address
      this.#latestAt = now
      this.#effects.push({ kind: 'dial', address, relayed: direct === undefined })
    }
  }

  /** When the next waiting address may start, as things stand. */
  #dueAt(): Millis {
    const last = this.#latestAt
    if (last === undefined || this.#running.size === 0) return millis(0)
    if (this.#direct.length > 0)
      return this.#latest === undefined ? millis(0) : millis(last + this.#limits.stagger)
    return millis(last + this.#limits.relayDelay)
  }

  #win(address: string): void {
    this.#over = true
    this.#running.delete(address)
    for (const loser of this.#running) this.#effects.push({ kind: 'abort', address: loser })
    this.#running.clear()
  }
}
