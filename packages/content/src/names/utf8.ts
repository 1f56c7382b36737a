import { fromString } from 'uint8arrays/from-string'

/** Length of `text` in UTF-8; lone surrogates count 3, as they would be encoded. */
export function utf8Size(text: string): number {
  let size = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) size += 1
    else if (unit < 0x800) size += 2
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      size += 4
      i++
    } else size += 3
  }
  return size
}

/** Least code point that may be written with 0 … 3 continuation bytes; a smaller one is over-long. */
const LEAST = [0, 0x80, 0x800, 0x10000] as const

/** How many continuation bytes follow this first byte, or −1 when none can begin with it. */
function continuations(first: number): number {
  if (first < 0x80) return 0
  if (first >= 0xc2 && first < 0xe0) return 1
  if (first >= 0xe0 && first < 0xf0) return 2
  return first >= 0xf0 && first < 0xf5 ? 3 : -1
}

function isScalar(point: number): boolean {
  return point <= 0x10ffff && (point < 0xd800 || point >= 0xe000)
}

/** Longest name that is taken for ASCII in one step: each of its bytes is an argument of a call. */
const ONE_STEP = 4096

function isAscii(bytes: Uint8Array): boolean {
  // Not `for … of`: it makes an object for each byte until the function is optimized.
  for (let i = 0; i < bytes.byteLength; i++) if ((bytes[i] ?? 0) >= 0x80) return false
  return true
}

/**
 * Decodes UTF-8 strictly (RFC 3629): over-long forms, surrogates and code points beyond U+10FFFF
 * are malformed. A leading byte order mark is kept, unlike what TextDecoder does.
 * @returns undefined when malformed
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  // Nearly all names; adding one character at a time leaves a chain of strings behind.
  if (bytes.byteLength <= ONE_STEP && isAscii(bytes)) return String.fromCharCode(...bytes)
  return decodeSlowly(bytes)
}

function decodeSlowly(bytes: Uint8Array): string | undefined {
  let text = ''
  for (let i = 0; i < bytes.byteLength; ) {
    const first = bytes[i++] ?? 0
    const more = continuations(first)
    if (more < 0 || i + more > bytes.byteLength) return undefined
    let point = more === 0 ? first : first & (0x3f >> more)
    for (let k = 0; k < more; k++) {
      const next = bytes[i++] ?? 0
      if ((next & 0xc0) !== 0x80) return undefined
      point = (point << 6) | (next & 0x3f)
    }
    if (point < (LEAST[more] ?? 0) || !isScalar(point)) return undefined
    text += String.fromCodePoint(point)
  }
  return text
}

/** The UTF-8 of a text that is well formed. */
export function utf8Bytes(text: string): Uint8Array {
  return fromString(text, 'utf8')
}
