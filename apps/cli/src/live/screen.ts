import { styleText } from 'node:util'

/** The few ways in which text is set off. */
export type Format = 'bold' | 'dim' | 'green' | 'cyan' | 'yellow' | 'red'

/** Sets text off, or leaves it as it is. */
export type Style = (format: Format, text: string) => string

/** What a frame is drawn for. */
export interface Screen {
  readonly columns: number
  readonly rows: number
  readonly style: Style
}

/** Colours where they are wanted. */
export function styleOf(coloured: boolean): Style {
  return (format, text) => (coloured ? styleText(format, text, { validateStream: false }) : text)
}
