import { setImmediate } from 'node:timers/promises'

/** Runs work that goes in steps, and lets others run between two. What takes one step only is done at once. */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    await setImmediate()
  }
}
