const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const DELETE = 0x7f
/** What stands in UTF-8 before the last byte of U+0080 … U+009F. */
const C1_LEAD = 0xc2

/**
 * Finds bytes that are not to be shown on a terminal: control characters, with which a stranger's file could rewrite
 * the screen or worse, and which binary content is full of.
 */
export class TerminalHazard {
  #last = 0

  /** Looks at the next bytes; true when something in them, or over the seam to those before, is no text. */
  isIn(part: Uint8Array): boolean {
    for (const byte of part) {
      const isControl = byte < 0x20 && byte !== TAB && byte !== NEWLINE && byte !== RETURN
      const isC1 = this.#last === C1_LEAD && byte >= 0x80 && byte < 0xa0
      if (isControl || byte === DELETE || isC1) return true
      this.#last = byte
    }
    return false
  }
}
