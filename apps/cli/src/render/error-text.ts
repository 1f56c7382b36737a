import { printable, printableJson, type ShareError } from '@p2pshare/base'

/** Characters of a line, more than any of ours has: those of a daemon on another machine have no end of their own. */
const LONGEST = 8192

/**
 * An error as one line for people: what failed, and the way out. What others named is escaped in it already, but
 * whoever answers on another machine need not be a daemon of ours.
 */
export function errorLine(error: ShareError): string {
  const hint = error.hint === undefined ? '' : ` — ${error.hint}`
  const line = `p2pshare: ${error.message.replace(/\.$/, '')}${hint}`.replace(/\s*\n\s*/g, ' ')
  return printable(line, LONGEST)
}

/** The same as one line of JSON. */
export function errorJson(error: ShareError, more: object = {}): string {
  const { code, fault, message, hint, detail } = error
  return printableJson({ error: { code, fault, message, hint, detail, ...more } })
}
