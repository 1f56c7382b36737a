import { type CancelTimer, type Clock, MiB, millis } from '@p2pshare/base'
import type { ShareFiles } from '@p2pshare/ports'

/** How often a full disk is looked at. */
const POLL = millis(5000)
/** Room that must be back before a fetch that lacks more goes on, so that it does not stop again at once. */
const ENOUGH = 64 * MiB

/** Waits until a full disk has space again, then calls back once. */
export class DiskWait {
  readonly #files: ShareFiles
  readonly #clock: Clock
  readonly #onSpace: () => void
  #cancel: CancelTimer | undefined

  constructor(parts: { files: ShareFiles; clock: Clock }, onSpace: () => void) {
    this.#files = parts.files
    this.#clock = parts.clock
    this.#onSpace = onSpace
  }

  /** @param missing - content bytes that are still to be written */
  start(path: string, missing: number): void {
    this.stop()
    this.#cancel = this.#clock.after(POLL, () => void this.#look(path, missing))
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  async #look(path: string, missing: number): Promise<void> {
    const free = await this.#files.freeSpace(path).catch(() => 0)
    if (this.#cancel === undefined) return
    if (free < Math.min(missing, ENOUGH)) return this.start(path, missing)
    this.#cancel = undefined
    this.#onSpace()
  }
}
