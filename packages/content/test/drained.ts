/** Runs work that goes in steps to its end. @returns its result, and how many times it let others run */
export function counted<T>(work: Generator<void, T>): { result: T; pauses: number } {
  for (let pauses = 0; ; pauses++) {
    const step = work.next()
    if (step.done === true) return { result: step.value, pauses }
  }
}

/** The result alone. */
export const drained = <T>(work: Generator<void, T>): T => counted(work).result
