import { fromString } from 'uint8arrays/from-string'
import { decodeUtf8 } from '../names/utf8.ts'

/** Kept as they are in a link; they need no escape in a query (RFC 3986) and keep addresses legible. */
const PLAIN = /[A-Za-z0-9\-._~/:]/

export function percentEncode(value: string): string {
  let text = ''
  for (const byte of fromString(value, 'utf8')) {
    const character = String.fromCharCode(byte)
    text += PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

/** Undoes percent-encoding; undefined when an escape is broken or the bytes are no UTF-8. */
export function percentDecode(value: string): string | undefined {
  let text = ''
  for (const part of value.split(/((?:%[0-9A-Fa-f]{2})+)/)) {
    if (!part.includes('%')) {
      text += part
      continue
    }
    const hex = part.slice(1).split('%')
    const decoded = hex.every((byte) => byte.length === 2)
      ? decodeUtf8(Uint8Array.from(hex, (byte) => Number.parseInt(byte, 16)))
      : undefined
    if (decoded === undefined) return undefined
    text += decoded
  }
  return text.isWellFormed() ? text : undefined
}
