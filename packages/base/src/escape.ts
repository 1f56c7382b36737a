/**
 * Control, format (bidi, zero-width), surrogate, line and paragraph separator characters, and all others that Unicode
 * says to leave invisible: fillers, joiners, selectors of variants.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

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

/**
 * JSON of a value in which the same characters stand as `\u…` escapes: the value that is read from it is the same,
 * and a terminal that it is printed on is safe.
 */
export function printableJson(value: object): string {
  return printableJsonText(JSON.stringify(value))
}

/** {@link printableJson} of what is JSON already, on one line and without its end. */
export function printableJsonText(json: string): string {
  return json.replace(UNPRINTABLE, (c) => {
    let escaped = ''
    for (let i = 0; i < c.length; i++) escaped += `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`
    return escaped
  })
}

/** A style of a terminal, a line end or a tab. */
const LAYOUT = /(\u001b\[[\d;]*m|[\n\t])/

/**
 * Text of many lines, made safe as a whole: escapes what {@link printable} does, but for line ends and tabs. For whoever
 * puts words together that others may have a part in: what was escaped before stays as it is.
 * @param styled - whether colours and the like, which it then may have, stay, too
 */
export function printableText(text: string, styled = false): string {
  return text
    .split(LAYOUT)
    .map((part, i) => (i % 2 === 1 && (styled || part.length === 1) ? part : printable(part, part.length)))
    .join('')
}
