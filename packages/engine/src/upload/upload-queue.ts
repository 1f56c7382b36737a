import { type Bytes, bytes, invariant, KiB, type Millis, MiB } from '@p2pshare/base'
import { ServiceWindow } from './service-window.ts'

/** What the queue must know of a request; callers hang their own fields on it. */
export interface UploadRequest {
  readonly peer: string
  /** The peer's own id of the request, unique among its open ones. */
  readonly id: number
  readonly length: Bytes
}

/** What becomes of a new request. */
export type UploadAnswer =
  | 'queued'
  /** Over the limit for the first time: refuse it as busy. */
  | 'busy'
  /** Over the limit again although told: a `request-flood` strike. */
  | 'flood'
  /** The id is in use: the peer breaks the protocol. */
  | 'duplicate-id'

/** An answer that takes this long (ms), and this much longer than it should, is not waited for. */
const STALL = 1000
const SLOWNESS = 4

/** Requests that are served at a time however long they are: one that the socket takes, one that is read meanwhile. */
const AT_ONCE = 2

/** What the queue allows. */
export interface UploadLimits {
  /** Open requests of one peer, waiting and in service. */
  readonly requestsPerPeer: number
  /** Bytes in service for one peer (two requests always fit). */
  readonly bytesPerPeer: number
  /** Most bytes and requests in service for all. */
  readonly bytes: number
  readonly requests: number
  /** Bytes of one peer that are served in a row: a whole piece of ours. */
  readonly turn: number
}

/**
 * Limits in use unless the caller says otherwise (threat T7). What is in service can be
 * neither cancelled nor refused when the peer is choked, so more would delay what matters.
 */
export const DEFAULT_UPLOAD_LIMITS: UploadLimits = {
  requestsPerPeer: 64,
  bytesPerPeer: 512 * KiB,
  bytes: 32 * MiB,
  requests: 128,
  turn: MiB
}

interface Serving<R> {
  request: R
  since: Millis
}

interface Lane<R> {
  waiting: Map<number, R>
  serving: Map<number, Serving<R>>
  servingBytes: number
  /** Bytes charged so far, on a scale common to all lanes. */
  charged: number
  /** Bytes left of its turn. */
  turn: number
  warned: boolean
}

/**
 * Whose request is served next, for the whole node: the peer that has been charged least among
 * those that wait (start-time fair queueing, Goyal et al. 1996). A peer that comes, or comes back,
 * starts level with the least charged one, so idling saves up no claim. One peer's requests are
 * served in order.
 *
 * A turn lasts a whole piece, and no more is in service at once than {@link ServiceWindow} finds
 * useful: a peer can pass on only whole pieces, so n peers served one after the other spread
 * content sooner than n peers served at an nth of the rate each. Answers that take four times as
 * long as they should (a slow receiver) no longer keep others waiting.
 */
export class UploadQueue<R extends UploadRequest = UploadRequest> {
  readonly #limits: UploadLimits
  readonly #lanes = new Map<string, Lane<R>>()
  #servingBytes = 0
  #serving = 0
  #level = 0
  readonly #window: ServiceWindow

  constructor(limits: Partial<UploadLimits> = {}) {
    this.#limits = { ...DEFAULT_UPLOAD_LIMITS, ...limits }
    this.#window = new ServiceWindow(this.#limits.bytes)
  }

  /** Requests waiting, of all peers. Cost: O(peers). */
  get waiting(): number {
    let n = 0
    for (const lane of this.#lanes.values()) n += lane.waiting.size
    return n
  }

  /** Bytes in service, of all peers. */
  get servingBytes(): Bytes {
    return bytes(this.#servingBytes)
  }

  /** Takes a request, or says why not. */
  add(request: R): UploadAnswer {
    const lane = this.#lane(request.peer)
    if (lane.waiting.has(request.id) || lane.serving.has(request.id)) return 'duplicate-id'
    const open = lane.waiting.size + lane.serving.size
    if (open >= this.#limits.requestsPerPeer) {
      if (lane.warned) return 'flood'
      lane.warned = true
      return 'busy'
    }
    if (open === 0) {
      lane.warned = false
      lane.charged = Math.max(lane.charged, this.#level)
    }
    lane.waiting.set(request.id, request)
    return 'queued'
  }

  /**
   * The requests to serve now; each must end with {@link served}. To be called after each change,
   * and once a second while some wait. Cost: O(answers × peers).
   */
  next(now: Millis): R[] {
    const chosen: R[] = []
    for (;;) {
      const best = this.#choose(now)
      if (best === undefined) return chosen
      const [lane, request] = best
      this.#level = Math.max(this.#level, lane.charged)
      lane.waiting.delete(request.id)
      lane.serving.set(request.id, { request, since: now })
      lane.turn = Math.max(0, (lane.turn || this.#limits.turn) - request.length)
      lane.servingBytes += request.length
      lane.charged += request.length
      this.#servingBytes += request.length
      this.#serving++
      chosen.push(request)
    }
  }

  /** A request given out by {@link next} ended after `sent` bytes (0: refused); unknown ones are ignored. */
  served(peer: string, id: number, sent: Bytes, now: Millis): void {
    this.#window.sent(sent, now)
    const lane = this.#lanes.get(peer)
    const request = lane?.serving.get(id)?.request
    if (lane === undefined || request === undefined) return
    lane.serving.delete(id)
    lane.servingBytes -= request.length
    // What was charged ahead and not sent is given back.
    lane.charged -= Math.max(0, request.length - sent)
    this.#servingBytes -= request.length
    this.#serving--
    if (this.#serving === 0 && lane.waiting.size === 0) this.#window.idle()
    this.#tidy(peer, lane)
  }

  /** The peer withdraws a request: `removed` if it was waiting, `serving` if it is under way. */
  cancel(peer: string, id: number): 'removed' | 'serving' | 'unknown' {
    const lane = this.#lanes.get(peer)
    if (lane === undefined) return 'unknown'
    if (lane.serving.has(id)) return 'serving'
    if (!lane.waiting.delete(id)) return 'unknown'
    this.#tidy(peer, lane)
    return 'removed'
  }

  /** Withdraws waiting requests that `drop` names, e.g. of a share that is paused; returns them. */
  withdraw(drop: (request: R) => boolean): R[] {
    const dropped: R[] = []
    for (const [peer, lane] of this.#lanes) {
      for (const request of lane.waiting.values()) if (drop(request)) dropped.push(request)
      for (const request of dropped) if (request.peer === peer) lane.waiting.delete(request.id)
      this.#tidy(peer, lane)
    }
    return dropped
  }

  /** The peer is gone: its waiting requests go, and those in service count no more. */
  peerLeft(peer: string): void {
    const lane = this.#lanes.get(peer)
    if (lane === undefined) return
    this.#servingBytes -= lane.servingBytes
    this.#serving -= lane.serving.size
    this.#lanes.delete(peer)
  }

  /** Throws when the books do not balance; for tests. */
  checkInvariants(): void {
    let sum = 0
    let count = 0
    for (const [peer, lane] of this.#lanes) {
      const own = [...lane.serving.values()].reduce((n, { request }) => n + request.length, 0)
      invariant(own === lane.servingBytes, `bytes in service for ${peer}`)
      invariant(
        own <= this.#limits.bytesPerPeer || lane.serving.size <= AT_ONCE,
        `too much in service for ${peer}`
      )
      invariant(lane.waiting.size + lane.serving.size <= this.#limits.requestsPerPeer, `too many of ${peer}`)
      invariant(lane.waiting.size + lane.serving.size > 0 || lane.warned, `empty lane of ${peer}`)
      sum += own
      count += lane.serving.size
    }
    invariant(sum === this.#servingBytes && count === this.#serving, 'totals in service')
    invariant(sum <= this.#limits.bytes || count === 1, 'too much in service')
    invariant(count <= this.#limits.requests, 'too many in service')
  }

  #choose(now: Millis): [Lane<R>, R] | undefined {
    if (this.#serving >= this.#limits.requests) return undefined
    const best = this.#ofTurn() ?? this.#leastCharged()
    // Whose turn it is waits for room, or small requests would always pass it by.
    if (best === undefined || this.#serving === 0) return best
    const [, { length }] = best
    if (this.#servingBytes + length > this.#limits.bytes) return undefined
    if (this.#serving < AT_ONCE) return best
    if (this.#underWay(now) + length <= this.#window.size) return best
    this.#window.press()
    return undefined
  }

  /** The next request of a peer in its turn, of the one that is nearest to the end of it. */
  #ofTurn(): [Lane<R>, R] | undefined {
    return this.#least((lane) => (lane.turn > 0 ? lane.turn : undefined))
  }

  #leastCharged(): [Lane<R>, R] | undefined {
    return this.#least((lane) => lane.charged)
  }

  /** The first request of the lane with the least figure, of those that have one and room. */
  #least(figure: (lane: Lane<R>) => number | undefined): [Lane<R>, R] | undefined {
    let best: [Lane<R>, R] | undefined
    let least = Number.POSITIVE_INFINITY
    for (const lane of this.#lanes.values()) {
      const own = figure(lane)
      if (own === undefined || own >= least) continue
      const first = lane.waiting.values().next().value
      if (first === undefined || !this.#fits(lane, first)) continue
      best = [lane, first]
      least = own
    }
    return best
  }

  #fits(lane: Lane<R>, request: R): boolean {
    return lane.serving.size < AT_ONCE || lane.servingBytes + request.length <= this.#limits.bytesPerPeer
  }

  /** Bytes in service, less those whose receiver is too slow to be waited for. */
  #underWay(now: Millis): number {
    const perMs = this.#window.rate / 1000
    let sum = 0
    for (const lane of this.#lanes.values()) {
      for (const { request, since } of lane.serving.values()) {
        const patience = perMs === 0 ? STALL : Math.max(STALL, (SLOWNESS * request.length) / perMs)
        if (now - since < patience) sum += request.length
      }
    }
    return sum
  }

  #lane(peer: string): Lane<R> {
    const known = this.#lanes.get(peer)
    if (known !== undefined) return known
    const lane: Lane<R> = {
      waiting: new Map(),
      serving: new Map(),
      servingBytes: 0,
      charged: this.#level,
      turn: 0,
      warned: false
    }
    this.#lanes.set(peer, lane)
    return lane
  }

  /** A lane without requests is forgotten. */
  #tidy(peer: string, lane: Lane<R>): void {
    if (lane.waiting.size + lane.serving.size === 0) this.#lanes.delete(peer)
  }
}
