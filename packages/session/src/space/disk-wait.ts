import { type CancelTimer, type Clock, millis } from '@p2pshare/base'

/** How often it is tried again. */
const POLL = millis(5000)

/** Tries again and again what a full disk keeps from going on, until it goes. */
export class DiskWait {
  readonly #clock: Clock
  #cancel: CancelTimer | undefined
  #turn = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param attempt - answers whether to stop trying; what it throws counts as no */
  start(attempt: () => Promise<boolean>): void {
    this.stop()
    this.#again(attempt, this.#turn)
  }

  stop(): void {
    this.#turn++
    this.#cancel?.()
    this.#cancel = undefined
  }

  #again(attempt: () => Promise<boolean>, turn: number): void {
    this.#cancel = this.#clock.after(POLL, () => void this.#try(attempt, turn))
  }

  async #try(attempt: () => Promise<boolean>, turn: number): Promise<void> {
    const over = await attempt().catch(() => false)
    if (turn === this.#turn && !over) this.#again(attempt, turn)
  }
}
