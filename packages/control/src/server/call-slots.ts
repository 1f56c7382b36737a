import type { ServerResponse } from 'node:http'

/** Places for answers that last; what comes beyond them waits for its turn, for a while. */
export class CallSlots {
  #free: number
  readonly #patience: number
  readonly #waiting = new Set<() => void>()

  /** @param patience - ms that a call waits at most */
  constructor(atOnce: number, patience: number) {
    this.#free = atOnce
    this.#patience = patience
  }

  /**
   * Waits for a place, which the answer has until it is closed, however that comes. First come, first served.
   * @returns false when there was none for too long, or the caller went away
   */
  take(answer: Pick<ServerResponse, 'closed' | 'once' | 'off'>): Promise<boolean> {
    if (answer.closed) return Promise.resolve(false)
    if (this.#free > 0) {
      this.#free--
      answer.once('close', this.#release)
      return Promise.resolve(true)
    }
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const stopWaiting = (): void => {
      this.#waiting.delete(enter)
      clearTimeout(timer)
      answer.off('close', leave)
    }
    const leave = (): void => {
      stopWaiting()
      resolve(false)
    }
    const enter = (): void => {
      stopWaiting()
      answer.once('close', this.#release)
      resolve(true)
    }
    const timer = setTimeout(leave, this.#patience)
    answer.once('close', leave)
    this.#waiting.add(enter)
    return promise
  }

  readonly #release = (): void => {
    const [next] = this.#waiting
    if (next === undefined) this.#free++
    else next()
  }
}
