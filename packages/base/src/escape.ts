/** Control, format (bidi, zero-width), surrogate, line and paragraph separator characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * Makes text from outside safe to show: whatever could move the cursor, hide or reorder text
 * appears as `\u{…}`, and long text is cut.
 *
 * @param limit - longest answer in UTF-16 units before the ellipsis
 */
export function printable(text: string, limit = 200): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text
  return cut.replace(UNPRINTABLE, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`)
}
