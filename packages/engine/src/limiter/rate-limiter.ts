import { type ByteRate, type Bytes, bytes, KiB, type Millis, millis } from '@p2pshare/base'
import { TokenBucket } from './token-bucket.ts'

/** A slice is a tenth of a second at the lowest limit that holds, within these. */
const SLICE_SECONDS = 0.1
const LEAST_SLICE = KiB
const MOST_SLICE = 256 * KiB
/** Shortest time between two wake-ups for waiting flows. */
const LEAST_PAUSE = 5
/** Peers whose account is remembered beside those that wait. */
const SPARE_ACCOUNTS = 256

/** Whose bytes these are. */
export interface Flow {
  readonly peer: string
  /** CID of the share; undefined for bytes that belong to none (index blocks). */
  readonly share: string | undefined
  /** The peer is on this machine or its LAN. */
  readonly lan: boolean
}

/** What a limit holds for. */
export type LimitScope =
  | { readonly kind: 'global' }
  | { readonly kind: 'share'; readonly share: string }
  | { readonly kind: 'peer'; readonly peer: string }

/** Somebody who waited may go. */
export interface Grant {
  readonly ticket: number
  /** How much of what was asked for may pass: all, or a slice if the limits have sunk since. */
  readonly bytes: number
}

interface Waiter {
  readonly ticket: number
  readonly flow: Flow
  readonly bytes: number
  /** Its place in the fair order: what its peer has taken before it. */
  readonly start: number
}

/**
 * The rate limits of one direction: a token bucket for all, for a share, and for a peer; bytes pass
 * when every bucket that concerns them is out of debt. Whoever must wait is served in the order of
 * start-time fair queueing (Goyal et al. 1996) over peers, so a peer with small slices gets as many
 * bytes as one with large ones, and nobody starves; who waits for its own bucket holds up no one
 * else. Flows within the LAN pass free of the global and share limits unless told otherwise; a
 * limit of a peer by name always holds.
 *
 * Nothing is polled: {@link nextWake} says when somebody can go on, at least 5 ms after the last
 * time, and {@link takeGrants} lets all go whose time has come. Without any limit, {@link take} is
 * one comparison.
 */
export class RateLimiter {
  readonly #buckets = new Map<string, TokenBucket>()
  /** In fair order. */
  #waiting: Waiter[] = []
  /** Where each peer's account stands on the common scale of {@link Waiter.start}. */
  readonly #accounts = new Map<string, number>()
  #level = 0
  /** Scopes whose limit holds for flows within the LAN, too. */
  readonly #withLan = new Set<string>()
  #lastTicket = 0
  #sweptAt = Number.NEGATIVE_INFINITY
  /** No waiter can go before this; may be too early, never too late. */
  #openAt = Number.POSITIVE_INFINITY

  /** Flows that wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** The limit set for a scope, in bytes per second. */
  rate(scope: LimitScope): ByteRate | undefined {
    return this.#buckets.get(keyOf(scope))?.rate as ByteRate | undefined
  }

  /** Sets or (undefined) lifts a limit, at once: call {@link takeGrants} next. */
  setRate(scope: LimitScope, rate: ByteRate | undefined, now: Millis): void {
    const key = keyOf(scope)
    const bucket = this.#buckets.get(key)
    if (rate === undefined) this.#buckets.delete(key)
    else if (bucket === undefined) this.#buckets.set(key, new TokenBucket(rate, now))
    else if (bucket.rate !== rate) bucket.setRate(rate, now)
    this.#lookAgain(now)
  }

  /**
   * Whether a scope's limit holds for flows within the LAN, too (global: every limit does); call
   * {@link takeGrants} next. Stays when the limit is lifted.
   */
  setIncludeLan(scope: LimitScope, include: boolean, now: Millis): void {
    if (include) this.#withLan.add(keyOf(scope))
    else this.#withLan.delete(keyOf(scope))
    this.#lookAgain(now)
  }

  /** Bytes to ask for at a time, so that a limited flow trickles instead of jumping: 1 KiB … 256 KiB. */
  slice(flow: Flow): Bytes {
    return bytes(this.#buckets.size === 0 ? MOST_SLICE : sliceOf(this.#bucketsOf(flow)))
  }

  /**
   * Asks for bytes to pass.
   * @returns undefined: they may, and are charged. Otherwise a ticket that {@link takeGrants} will name
   */
  take(flow: Flow, count: number, now: Millis): number | undefined {
    if (this.#buckets.size === 0) return undefined
    const buckets = this.#bucketsOf(flow)
    if (buckets.length === 0) return undefined
    const open = openAt(buckets, now)
    // Nobody who could go at this moment is overtaken.
    if (open <= now && this.#openAt > now) {
      for (const bucket of buckets) bucket.take(count)
      if (this.#waiting.length > 0) this.#account(flow.peer, count, buckets)
      return undefined
    }
    this.#openAt = Math.min(this.#openAt, open)
    return this.#wait(flow, count, buckets)
  }

  /** Withdraws a ticket that was not granted; others are ignored. Cost: O(waiting). */
  cancel(ticket: number): void {
    const at = this.#waiting.findIndex((waiter) => waiter.ticket === ticket)
    if (at >= 0) this.#waiting.splice(at, 1)
    if (this.#waiting.length === 0) this.#forget()
  }

  /** Forgets the account of a peer that is gone. */
  peerLeft(peer: string): void {
    this.#accounts.delete(peer)
  }

  /** Who may go now, charged, in fair order. Cost: O(waiting). */
  takeGrants(now: Millis): Grant[] {
    const granted: Grant[] = []
    const kept: Waiter[] = []
    let next = Number.POSITIVE_INFINITY
    for (const waiter of this.#waiting) {
      const buckets = this.#bucketsOf(waiter.flow)
      const open = openAt(buckets, now)
      if (open <= now) granted.push(this.#grant(waiter, buckets))
      else {
        next = Math.min(next, open)
        kept.push(waiter)
      }
    }
    this.#waiting = kept
    this.#openAt = next
    this.#sweptAt = now
    if (kept.length === 0) this.#forget()
    else if (this.#accounts.size > kept.length + SPARE_ACCOUNTS) this.#prune()
    return granted
  }

  /** When {@link takeGrants} has something to do; undefined while nobody waits. Whole milliseconds. */
  nextWake(): Millis | undefined {
    if (this.#waiting.length === 0) return undefined
    return millis(Math.ceil(Math.max(this.#openAt, this.#sweptAt + LEAST_PAUSE)))
  }

  #grant({ ticket, flow, bytes: asked, start }: Waiter, buckets: readonly TokenBucket[]): Grant {
    const count = Math.min(asked, sliceOf(buckets))
    for (const bucket of buckets) bucket.take(count)
    this.#level = Math.max(this.#level, start)
    const account = this.#accounts.get(flow.peer)
    if (account !== undefined) this.#accounts.set(flow.peer, account - (asked - count))
    return { ticket, bytes: count }
  }

  /**
   * The limits have changed: anyone who waits may be free to go. Accounts start level again, for
   * a lead of one slice at 50 MB/s would be a matter of seconds at 20 KB/s.
   */
  #lookAgain(now: Millis): void {
    if (this.#waiting.length === 0) return
    this.#openAt = now
    this.#level = 0
    this.#accounts.clear()
    this.#waiting = this.#waiting.map((waiter) => ({ ...waiter, start: 0 }))
    for (const { flow, bytes: asked } of this.#waiting)
      this.#accounts.set(flow.peer, (this.#accounts.get(flow.peer) ?? 0) + asked)
  }

  /** The buckets that concern a flow, at most three. */
  #bucketsOf({ peer, share, lan }: Flow): TokenBucket[] {
    const found: TokenBucket[] = []
    const exempt = lan && !this.#withLan.has('global')
    const add = (key: string, free: boolean): void => {
      const bucket = free ? undefined : this.#buckets.get(key)
      if (bucket !== undefined) found.push(bucket)
    }
    add(`peer ${peer}`, false)
    add('global', exempt)
    if (share !== undefined) add(`share ${share}`, exempt && !this.#withLan.has(`share ${share}`))
    return found
  }

  #wait(flow: Flow, count: number, buckets: readonly TokenBucket[]): number {
    this.#lastTicket++
    const ticket = this.#lastTicket
    const waiter: Waiter = { ticket, flow, bytes: count, start: this.#account(flow.peer, count, buckets) }
    let at = this.#waiting.length
    while (at > 0 && (this.#waiting[at - 1]?.start ?? 0) > waiter.start) at--
    this.#waiting.splice(at, 0, waiter)
    return ticket
  }

  /**
   * Charges a peer's account; answers where it stood. Who was idle, or is slow by itself, keeps a
   * claim of up to two of the largest slices beside it (0.2 s of the rate): without any, small
   * slices would wait for a whole round of large ones each time.
   */
  #account(peer: string, count: number, buckets: readonly TokenBucket[]): number {
    const claim = 2 * sliceAt(buckets.reduce((most, { rate }) => Math.max(most, rate), 0))
    const start = Math.max(this.#level - claim, this.#accounts.get(peer) ?? this.#level)
    this.#accounts.set(peer, start + count)
    return start
  }

  /** Nobody waits: all start level again. */
  #forget(): void {
    this.#accounts.clear()
    this.#level = 0
    this.#openAt = Number.POSITIVE_INFINITY
  }

  #prune(): void {
    for (const [peer, stands] of this.#accounts) if (stands <= this.#level) this.#accounts.delete(peer)
  }
}

function keyOf(scope: LimitScope): string {
  if (scope.kind === 'global') return 'global'
  return scope.kind === 'share' ? `share ${scope.share}` : `peer ${scope.peer}`
}

/** The slice of the lowest of the limits. */
function sliceOf(buckets: readonly TokenBucket[]): number {
  return sliceAt(buckets.reduce((least, { rate }) => Math.min(least, rate), Number.POSITIVE_INFINITY))
}

function sliceAt(rate: number): number {
  return Math.min(MOST_SLICE, Math.max(LEAST_SLICE, Math.floor(rate * SLICE_SECONDS)))
}

function openAt(buckets: readonly TokenBucket[], now: number): number {
  let open = now
  for (const bucket of buckets) open = Math.max(open, bucket.openAt(now))
  return open
}
