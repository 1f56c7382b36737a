import { REACH } from '../limits/index.ts'

/** How many requests of strangers are served in a minute: in all, and from one address block. Pure. */
export class RequestBudget {
  #minute = -1
  #all = 0
  readonly #byBlock = new Map<string, number>()

  /** Takes one request, if there is room. @param now - monotonic ms */
  take(block: string, now: number): boolean {
    const minute = Math.floor(now / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#all = 0
      this.#byBlock.clear()
    }
    const own = this.#byBlock.get(block) ?? 0
    if (this.#all >= REACH.servedPerMinute || own >= REACH.servedPerBlock) return false
    this.#all++
    this.#byBlock.set(block, own + 1)
    return true
  }
}
