import { type CancelTimer, type Clock, invariant, type Millis, millis } from '@p2pshare/base'

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
  done: boolean
}

/** Wall time at virtual time 0: 2026-01-01 00:00 UTC. */
const EPOCH = Date.UTC(2026, 0, 1)

/**
 * A clock whose time moves only when told. Timers run in order of their time, equal ones in the
 * order in which they were set; promises that a timer resolves are let run before the next timer
 * by the asynchronous methods.
 */
export class VirtualClock implements Clock {
  #now = 0
  #wallOffset = EPOCH
  #order = 0
  /** Binary heap by time, then order. */
  readonly #heap: Timer[] = []

  now(): Millis {
    return millis(this.#now)
  }

  wallTime(): number {
    return this.#wallOffset + this.#now
  }

  /** Changes the wall clock by `by` ms, as a user or NTP does; timers do not notice. */
  shiftWallTime(by: number): void {
    this.#wallOffset += by
  }

  after(delay: Millis, run: () => void): CancelTimer {
    const timer: Timer = { at: this.#now + Math.max(0, delay), order: this.#order++, run, done: false }
    this.#push(timer)
    return () => {
      timer.done = true
    }
  }

  /** When the next timer is due; undefined when there is none. */
  get nextTimer(): Millis | undefined {
    this.#dropCancelled()
    const first = this.#heap[0]
    return first === undefined ? undefined : millis(first.at)
  }

  /** Moves time on by `ms`, running each timer that is due on the way, with time standing at it. */
  advance(ms: number): void {
    const end = this.#now + ms
    while ((this.nextTimer ?? Number.POSITIVE_INFINITY) <= end) this.#runFirst()
    this.#now = end
  }

  /** As {@link advance}, letting promises settle after each timer. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    while ((this.nextTimer ?? Number.POSITIVE_INFINITY) <= end) {
      this.#runFirst()
      await settle()
    }
    this.#now = end
  }

  /** Time jumps without any timer running on the way, as when the machine sleeps; due timers run at the new time. */
  jump(ms: number): void {
    this.#now += ms
    this.advance(0)
  }

  /**
   * Runs timers until none is left, however far time goes.
   * @param most - timers run before it is taken for an endless loop
   */
  runUntilIdle(most = 1_000_000): void {
    for (let ran = 0; this.nextTimer !== undefined; ran++) {
      invariant(ran < most, `still not idle after ${most} timers`)
      this.#runFirst()
    }
  }

  /** As {@link runUntilIdle}, letting promises settle after each timer. */
  async runUntilIdleAsync(most = 1_000_000): Promise<void> {
    await settle()
    for (let ran = 0; this.nextTimer !== undefined; ran++) {
      invariant(ran < most, `still not idle after ${most} timers`)
      this.#runFirst()
      await settle()
    }
  }

  #runFirst(): void {
    const timer = this.#pop()
    if (timer === undefined) return
    this.#now = Math.max(this.#now, timer.at)
    timer.done = true
    timer.run()
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.done === true) this.#pop()
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let i = heap.push(timer) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent]
      if (above === undefined || before(above, timer)) break
      heap[i] = above
      i = parent
    }
    heap[i] = timer
  }

  #pop(): Timer | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      const right = heap[child + 1]
      let below = heap[child]
      if (below === undefined) break
      if (right !== undefined && before(right, below)) {
        child++
        below = right
      }
      if (before(last, below)) break
      heap[i] = below
      i = child
    }
    heap[i] = last
    return first
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Lets promise reactions run: a turn of the real event loop, no real time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
