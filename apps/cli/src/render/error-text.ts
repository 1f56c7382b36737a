import { printableJson, type ShareError } from '@p2pshare/base'

/** An error as one line for people: what failed, and the way out. */
export function errorLine(error: ShareError): string {
  const hint = error.hint === undefined ? '' : ` — ${error.hint}`
  return `p2pshare: ${error.message.replace(/\.$/, '')}${hint}`.replace(/\s*\n\s*/g, ' ')
}

/** The same as one line of JSON. */
export function errorJson(error: ShareError, more: object = {}): string {
  const { code, fault, message, hint, detail } = error
  return printableJson({ error: { code, fault, message, hint, detail, ...more } })
}
