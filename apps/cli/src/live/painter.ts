import type { TextStream } from '../terminal.ts'
import { rowsTaken } from './fit.ts'

const ESC = '\u001b['
const CURSOR = { hide: `${ESC}?25l`, show: `${ESC}?25h` }
const WHOLE_SCREEN = { enter: `${ESC}?1049h${ESC}H`, leave: `${ESC}?1049l` }
const TO_END_OF_LINE = `${ESC}K`
const BELOW = `${ESC}J`

/** Draws frames over each other. The lines must fit (fit.ts). Nothing is written when nothing changed. */
export interface Painter {
  paint(lines: readonly string[], columns: number): void
  /** Takes the frame away. */
  clear(columns: number): void
  /** Gives the terminal back as it was; what is drawn stays, or goes with the screen it was drawn on. */
  close(): void
}

/**
 * Draws where the cursor is. A terminal that became narrower has wrapped the last frame, which counts when it is
 * drawn over; xterm cuts lines instead, and loses a few lines above the frame then.
 */
export class InlinePainter implements Painter {
  readonly #stream: TextStream
  #drawn: readonly string[] = []
  #columns = 0

  constructor(stream: TextStream) {
    this.#stream = stream
    stream.write(CURSOR.hide)
  }

  paint(lines: readonly string[], columns: number): void {
    if (columns === this.#columns && sameLines(lines, this.#drawn)) return
    // Each line ends what was there, and the rest is erased at the end: nothing blinks.
    const body = lines.map((line) => `${line}${TO_END_OF_LINE}\r\n`).join('')
    this.#stream.write(`${this.#home(columns)}${body}${BELOW}`)
    this.#drawn = [...lines]
    this.#columns = columns
  }

  clear(columns: number): void {
    if (this.#drawn.length > 0) this.#stream.write(`${this.#home(columns)}${BELOW}`)
    this.#drawn = []
  }

  close(): void {
    this.#stream.write(CURSOR.show)
  }

  /** To the first column of the first line drawn. */
  #home(columns: number): string {
    const up = rowsTaken(this.#drawn, columns)
    return up === 0 ? '\r' : `${ESC}${up}A\r`
  }
}

/** Draws on a screen of its own, which a terminal has beside that of the shell. */
export class ScreenPainter implements Painter {
  readonly #stream: TextStream
  #drawn: readonly string[] = []
  #columns = 0

  constructor(stream: TextStream) {
    this.#stream = stream
    stream.write(`${WHOLE_SCREEN.enter}${CURSOR.hide}`)
  }

  paint(lines: readonly string[], columns: number): void {
    if (columns === this.#columns && sameLines(lines, this.#drawn)) return
    const body = lines.map((line) => `${line}${TO_END_OF_LINE}`).join('\r\n')
    this.#stream.write(`${ESC}H${body}${BELOW}`)
    this.#drawn = [...lines]
    this.#columns = columns
  }

  clear(): void {
    this.#stream.write(`${ESC}H${BELOW}`)
    this.#drawn = []
  }

  close(): void {
    this.#stream.write(`${CURSOR.show}${WHOLE_SCREEN.leave}`)
  }
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i])
}
