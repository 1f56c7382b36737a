import type { Millis } from '@p2pshare/base'
import type { SharePhase } from '@p2pshare/control'

/** Phases that look through what is on disk: any step is progress, though no new byte came. */
const LOOKING: readonly SharePhase['phase'][] = ['hashing', 'verifying', 'finishing']

/**
 * Calls back once when nothing has come nearer for the time-out. Progress is a byte, a piece, or
 * an index block more than ever before; hearing of peers is not, since peers may have nothing.
 */
export class ProgressWatch {
  readonly #timeout: Millis | undefined
  readonly #onSilence: () => void
  #timer: NodeJS.Timeout | undefined
  #bytes = 0
  #indexBlocks = 0
  #looking = ''

  constructor(timeout: Millis | undefined, onSilence: () => void) {
    this.#timeout = timeout
    this.#onSilence = onSilence
    this.#arm()
  }

  /** Looks at the newest state; answers whether it is progress. */
  note(phase: SharePhase): boolean {
    const moved = this.#isProgress(phase)
    if (moved) this.#arm()
    return moved
  }

  /** Watches on, though nothing has moved. */
  again(): void {
    this.#arm()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #isProgress(phase: SharePhase): boolean {
    if (LOOKING.includes(phase.phase)) {
      const now = `${phase.phase} ${phase.done} ${phase.pieces}`
      const moved = now !== this.#looking
      this.#looking = now
      return moved
    }
    const isIndex = phase.phase === 'index'
    const moved = phase.done > this.#bytes || (isIndex && phase.pieces > this.#indexBlocks)
    this.#bytes = Math.max(this.#bytes, phase.done)
    if (isIndex) this.#indexBlocks = Math.max(this.#indexBlocks, phase.pieces)
    return moved
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#timeout !== undefined)
      this.#timer = setTimeout(this.#onSilence, Math.min(this.#timeout, 2 ** 31 - 1))
  }
}
