import type { ReadEvent } from '@p2pshare/control'
import { atEnd } from '../live/at-end.ts'
import { fetchView, openingView } from '../render/fetch-view.ts'
import { openProgress, type Progress } from '../render/progress.ts'
import { readView } from '../render/read-view.ts'
import type { Terminal } from '../terminal.ts'

/** Milliseconds of waiting that a log need not know of. */
const PATIENCE = 2000

type State = Extract<ReadEvent, { event: 'state' }>
type File = Extract<ReadEvent, { event: 'file' }>

/**
 * What is said on stderr while a file is read: for what it waits, and where it cannot disturb how far it is. Where the
 * content itself goes to a terminal nothing is said between its lines; where stderr is none, only a longer wait is.
 */
export class ReadDisplay {
  readonly #terminal: Terminal
  readonly #progress: Progress
  readonly #clear: () => void
  readonly #begun = performance.now()
  #file: File | undefined
  #bytes = 0
  /** When bytes came last. */
  #since = performance.now()

  private constructor(terminal: Terminal, progress: Progress) {
    this.#terminal = terminal
    this.#progress = progress
    // A reader that has enough ends this program in the middle; no frame is to stay.
    this.#clear = atEnd(() => progress.clear())
  }

  /** @param place - what the user asked for */
  static async open(terminal: Terminal, place: string): Promise<ReadDisplay> {
    const display = new ReadDisplay(terminal, await openProgress(terminal))
    if (terminal.live) display.#progress.show(openingView(place, display.#elapsed))
    return display
  }

  /** Nothing comes. @param stalled - why, once that takes long */
  waits(state: State, stalled: string | undefined): void {
    if (this.#bytes > 0 && !this.#isFree) return
    const isShort = performance.now() - this.#since < PATIENCE
    if (isShort && !this.#terminal.live) return
    if (isShort && this.#file !== undefined) return this.#showReading()
    const around = { elapsed: this.#elapsed, rates: [], moment: () => undefined, stalled }
    this.#progress.show(fetchView({ ...state, state: 'fetching' }, around))
  }

  begins(file: File): void {
    this.#file = file
    this.#since = performance.now()
  }

  /** Called before bytes are written. */
  writes(size: number): void {
    this.#bytes += size
    this.#since = performance.now()
    if (!this.#isFree) this.#progress.clear()
    else if (this.#terminal.live) this.#showReading()
  }

  close(): void {
    this.#progress.close()
    this.#clear()
  }

  #showReading(): void {
    if (this.#file === undefined) return
    const seconds = Math.max(this.#elapsed(), 1) / 1000
    this.#progress.show(readView(this.#file, { bytes: this.#bytes, rate: this.#bytes / seconds }))
  }

  /** Whether the content goes elsewhere. */
  get #isFree(): boolean {
    return this.#terminal.picture.stream.isTTY !== true
  }

  readonly #elapsed = (): number => performance.now() - this.#begun
}
