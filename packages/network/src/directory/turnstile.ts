/** Lets at most `limit` callers in at a time; the others wait in order. */
export class Turnstile {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(limit: number) {
    this.#free = limit
  }

  /**
   * Waits for a place.
   * @returns what gives the place back, or undefined when `signal` fired first
   */
  async enter(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined
    if (this.#free > 0) this.#free--
    else if (!(await this.#wait(signal))) return undefined
    let left = false
    return () => {
      if (left) return
      left = true
      this.#leave()
    }
  }

  async #wait(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const admit = (): void => resolve(true)
    const giveUp = (): void => {
      // Whoever was admitted already has left the queue, and keeps the place.
      if (this.#waiting.delete(admit)) resolve(false)
    }
    this.#waiting.add(admit)
    signal.addEventListener('abort', giveUp, { once: true })
    const admitted = await promise
    signal.removeEventListener('abort', giveUp)
    return admitted
  }

  #leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
