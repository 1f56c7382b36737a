import type { Clock } from '@p2pshare/base'

/** So much a second, and so much at once after a pause. */
export interface Rate {
  perSecond: number
  burst: number
}

/** Rates of one kind of request. */
export interface PaceRates {
  peer: Rate
  /** All peers of one address block. */
  block: Rate
  node: Rate
  /** Requests of one peer that may wait; the next is refused. */
  maxWaiting: number
}

/** Who asks: the address block is undefined where many honest peers share one (this machine, relays). */
export interface Asker {
  peer: string
  block: string | undefined
}

/**
 * Slows requests down to a rate for each peer, each address block and the node. Whoever is over it waits, and
 * is not read from meanwhile. When the node itself is at its limit, blocks take turns, so that a flood from one
 * costs the others nothing but their share. Costs are what the caller counts: requests, or bytes of answers.
 */
export class RequestPace {
  readonly #rates: PaceRates
  readonly #clock: Clock
  readonly #peers = new Map<string, Bucket>()
  readonly #blocks = new Map<string, Bucket>()
  readonly #node: Bucket
  readonly #waiting = new Map<string, number>()
  /** Those who wait for the node, by block; a Map gives them in turn. */
  readonly #queues = new Map<string, { cost: number; go: () => void }[]>()
  #pumping = false

  constructor(rates: PaceRates, clock: Clock) {
    this.#rates = rates
    this.#clock = clock
    this.#node = new Bucket(rates.node, clock.now())
  }

  /** Requests that wait. */
  get waiting(): number {
    let sum = 0
    for (const count of this.#waiting.values()) sum += count
    return sum
  }

  /**
   * Waits for the turn of a request.
   * @returns undefined when it need not wait, a promise otherwise; 'refused' when too many of that peer wait
   */
  enter(asker: Asker, cost: number): Promise<void> | undefined | 'refused' {
    const waiting = this.#waiting.get(asker.peer) ?? 0
    if (waiting >= this.#rates.maxWaiting) return 'refused'
    const delay = this.#take(asker, cost)
    const now = this.#clock.now()
    if (delay <= 0 && this.#queues.size === 0 && this.#node.wait(now) <= 0) {
      this.#node.take(cost, now)
      return undefined
    }
    this.#waiting.set(asker.peer, waiting + 1)
    return this.#wait(asker, cost, delay)
  }

  /** Counts what a request cost beyond what it entered with. */
  charge(asker: Asker, cost: number): void {
    this.#take(asker, cost)
    this.#node.take(cost, this.#clock.now())
  }

  async #wait(asker: Asker, cost: number, delay: number): Promise<void> {
    if (delay > 0) await new Promise<void>((resolve) => this.#clock.after(delay as never, resolve))
    await new Promise<void>((go) => {
      const block = asker.block ?? asker.peer
      const queue = this.#queues.get(block) ?? []
      queue.push({ cost, go })
      this.#queues.set(block, queue)
      this.#pump()
    })
    const left = (this.#waiting.get(asker.peer) ?? 1) - 1
    if (left > 0) this.#waiting.set(asker.peer, left)
    else this.#waiting.delete(asker.peer)
  }

  /** Lets those who wait go in turn, as far as the node's rate allows. */
  #pump(): void {
    if (this.#pumping) return
    const now = this.#clock.now()
    for (const [block, queue] of this.#queues) {
      const wait = this.#node.wait(now)
      if (wait > 0) {
        this.#pumping = true
        this.#clock.after(wait as never, () => {
          this.#pumping = false
          this.#pump()
        })
        return
      }
      const first = queue.shift()
      this.#queues.delete(block)
      // Behind the others; a Map's iteration comes to it again.
      if (queue.length > 0) this.#queues.set(block, queue)
      if (first === undefined) continue
      this.#node.take(first.cost, now)
      first.go()
    }
  }

  /** Takes from the buckets of peer and block; answers how long to wait, ms. */
  #take({ peer, block }: Asker, cost: number): number {
    const now = this.#clock.now()
    const ofPeer = bucketOf(this.#peers, peer, this.#rates.peer, now)
    const ofBlock = block === undefined ? undefined : bucketOf(this.#blocks, block, this.#rates.block, now)
    ofPeer.take(cost, now)
    ofBlock?.take(cost, now)
    return Math.max(ofPeer.wait(now), ofBlock?.wait(now) ?? 0)
  }
}

/** A token bucket that may go into debt. */
class Bucket {
  readonly #rate: Rate
  #level: number
  #at: number

  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#level = rate.burst
    this.#at = now
  }

  /** Ms until nothing is owed. */
  wait(now: number): number {
    return (-this.#levelAt(now) * 1000) / this.#rate.perSecond
  }

  take(cost: number, now: number): void {
    this.#level = this.#levelAt(now) - cost
    this.#at = now
  }

  isFull(now: number): boolean {
    return this.#levelAt(now) >= this.#rate.burst
  }

  #levelAt(now: number): number {
    return Math.min(this.#rate.burst, this.#level + ((now - this.#at) * this.#rate.perSecond) / 1000)
  }
}

/** Buckets kept; full ones are forgotten first, they say nothing. */
const MAX_BUCKETS = 1024

function bucketOf(buckets: Map<string, Bucket>, name: string, rate: Rate, now: number): Bucket {
  let bucket = buckets.get(name)
  if (bucket === undefined) {
    if (buckets.size >= MAX_BUCKETS) {
      for (const [other, each] of buckets) if (each.isFull(now)) buckets.delete(other)
      const oldest = buckets.keys().next()
      if (buckets.size >= MAX_BUCKETS && oldest.value !== undefined) buckets.delete(oldest.value)
    }
    bucket = new Bucket(rate, now)
    buckets.set(name, bucket)
  }
  return bucket
}
