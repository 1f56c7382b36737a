import { type CancelTimer, type Clock, type Millis, millis } from '@p2pshare/base'

/** Work that is due at some step. */
export interface Task {
  run(): void
  /** Set to true, it is skipped. */
  done?: boolean
}

/** Wall time at virtual time 0: 2026-01-01 00:00 UTC. */
const EPOCH = Date.UTC(2026, 0, 1)

/**
 * Virtual time in steps of a few milliseconds, for simulations with millions of timers: all that is
 * due in one step runs together, in the order in which it was set, and promises settle once after
 * it. A timer never runs early, and late by less than a step.
 */
export class StepClock implements Clock {
  /** Length of a step in milliseconds. */
  readonly quantum: number
  readonly #due = new Map<number, Task[]>()
  #step = 0

  /** @param quantum - length of a step in milliseconds */
  constructor(quantum = 2) {
    this.quantum = quantum
  }

  now(): Millis {
    return millis(this.#step * this.quantum)
  }

  wallTime(): number {
    return EPOCH + this.#step * this.quantum
  }

  after(delay: Millis, run: () => void): CancelTimer {
    const task: Task = { run, done: false }
    this.at(this.#step * this.quantum + delay, task)
    return () => {
      task.done = true
      task.run = nothing
    }
  }

  /** Runs a task at a time, in milliseconds; at the next step when that is past. */
  at(time: number, task: Task): void {
    const step = Math.max(this.#step + 1, Math.ceil(time / this.quantum))
    const bucket = this.#due.get(step)
    if (bucket === undefined) this.#due.set(step, [task])
    else bucket.push(task)
  }

  /** Resolves `ms` from now. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.now() + ms, { run: resolve }))
  }

  /** Lets time pass by `ms`. */
  async advance(ms: number): Promise<void> {
    const last = this.#step + Math.round(ms / this.quantum)
    await settle()
    while (this.#step < last) {
      this.#step++
      const bucket = this.#due.get(this.#step)
      if (bucket === undefined) continue
      this.#due.delete(this.#step)
      for (const task of bucket) if (task.done !== true) task.run()
      await settle()
    }
  }
}

const nothing = (): void => {}

/** Lets promise reactions run: a turn of the real event loop, no real time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
