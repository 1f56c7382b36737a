import { printableText } from '@p2pshare/base'
import type { TextStream } from '../terminal.ts'
import { atEnd } from './at-end.ts'
import { fit } from './fit.ts'
import { InlinePainter, type Painter, ScreenPainter } from './painter.ts'
import { type Screen, type Style } from './screen.ts'

/** Makes the lines of a frame; they may be too long. `tick` counts redraws, for the spinner. */
export type Frame = (screen: Screen, tick: number) => string[]

/** Milliseconds between two drawings. */
const STEP = 200
/** What a terminal that does not tell its size is taken for. */
const USUAL = { columns: 80, rows: 24 }

/** A frame on a terminal that moves until it is closed. The terminal is given back in any case. */
export class Display {
  readonly #stream: TextStream
  readonly #style: Style
  readonly #painter: Painter
  readonly #timer: NodeJS.Timeout
  readonly #restore: () => void
  readonly #onResize = (): void => this.#draw()
  #frame: Frame | undefined
  #tick = 0

  /** @param whole - whether it takes a screen of its own, instead of the place under the cursor */
  constructor(stream: TextStream, style: Style, whole = false) {
    this.#stream = stream
    this.#style = style
    this.#painter = whole ? new ScreenPainter(stream) : new InlinePainter(stream)
    this.#timer = setInterval(() => this.#draw(), STEP)
    this.#restore = atEnd(() => this.#painter.close())
    stream.on?.('resize', this.#onResize)
  }

  /** Draws this from now on; may be called as often as there is news. */
  show(frame: Frame): void {
    const first = this.#frame === undefined
    this.#frame = frame
    if (first) this.#draw()
  }

  /** Draws without waiting for the next turn: after a key. */
  now(): void {
    this.#draw()
  }

  /** Takes the frame away, until the next is shown. */
  clear(): void {
    this.#frame = undefined
    this.#painter.clear(this.#screen().columns)
  }

  /** @param keep - whether the last frame stays, drawn once more; only where it has no screen of its own */
  close(keep = false): void {
    clearInterval(this.#timer)
    this.#stream.off?.('resize', this.#onResize)
    if (keep) this.#draw()
    else this.clear()
    this.#restore()
  }

  #screen(): Screen {
    const { columns, rows } = this.#stream
    return { columns: columns || USUAL.columns, rows: rows || USUAL.rows, style: this.#style }
  }

  #draw(): void {
    if (this.#frame === undefined) return
    const screen = this.#screen()
    const lines = this.#frame(screen, this.#tick++).map(safe)
    this.#painter.paint(fit(lines, screen.columns, screen.rows), screen.columns)
  }
}

/** One line, with styles of ours and nothing else that a terminal obeys. */
const safe = (line: string): string => printableText(line, true).replace(/[\n\t]/g, ' ')
