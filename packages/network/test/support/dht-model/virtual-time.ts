import { type CancelTimer, type Clock, type Millis, millis } from '@p2pshare/base'

interface Due {
  at: number
  order: number
  run: () => void
}

/**
 * A clock that stands still while anything is being worked out, and then jumps to what is due next:
 * minutes of waiting cost nothing. Work must go on by promises alone.
 */
export class VirtualTime implements Clock {
  #now = 0
  #order = 0
  readonly #due: Due[] = []

  now(): Millis {
    return millis(this.#now)
  }

  wallTime(): number {
    return this.#now
  }

  after(delay: number, run: () => void): CancelTimer {
    const entry = { at: this.#now + delay, order: this.#order++, run }
    this.#due.push(entry)
    return () => {
      const at = this.#due.indexOf(entry)
      if (at >= 0) this.#due.splice(at, 1)
    }
  }

  sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.after(delay, resolve)
    return promise
  }

  /** Lets time pass until a piece of work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let over = false
    const ended = work.finally(() => {
      over = true
    })
    // A rejection is the caller's, who awaits `work` below.
    ended.catch(() => undefined)
    for (;;) {
      // All promises that can settle have settled when the event loop turns.
      await new Promise((resolve) => setImmediate(resolve))
      if (over) return ended
      const next = this.#takeNext()
      if (next === undefined) continue
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
  }

  #takeNext(): Due | undefined {
    let best = 0
    for (const [i, due] of this.#due.entries()) {
      const first = this.#due[best] as Due
      if (due.at < first.at || (due.at === first.at && due.order < first.order)) best = i
    }
    return this.#due.splice(best, 1)[0]
  }
}
