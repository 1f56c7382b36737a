import { type CancelTimer, type Clock, type Millis, millis } from '@p2pshare/base'

/** The machine's clock, which a test can put forward: what falls due on the way runs at once. */
export class JumpingClock implements Clock {
  #offset = 0
  readonly #timers = new Map<() => void, number>()

  now(): Millis {
    return millis(performance.now() + this.#offset)
  }

  wallTime(): number {
    return Date.now() + this.#offset
  }

  after(delay: Millis, run: () => void): CancelTimer {
    const once = (): void => {
      cancel()
      run()
    }
    const timer = setTimeout(once, delay)
    const cancel = (): void => {
      clearTimeout(timer)
      this.#timers.delete(once)
    }
    this.#timers.set(once, this.now() + delay)
    return cancel
  }

  jump(ms: number): void {
    this.#offset += ms
    for (const [run, at] of [...this.#timers]) if (at <= this.now()) run()
  }
}
