import type { Clock } from '@p2pshare/base'

/** Lets one loop sleep until something rings, a time has passed, or it is to end. */
export class Doorbell {
  #rung = false
  #wake: (() => void) | undefined

  /** Ends the present or the next wait. */
  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Waits for a ring, `delay` ms (for ever when undefined), or `signal`. */
  async wait(clock: Clock, signal: AbortSignal, delay: number | undefined): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const cancel = delay === undefined ? undefined : clock.after(delay as never, resolve)
      const onAbort = (): void => resolve()
      signal.addEventListener('abort', onAbort, { once: true })
      await promise
      signal.removeEventListener('abort', onAbort)
      cancel?.()
      this.#wake = undefined
    }
    this.#rung = false
  }
}
