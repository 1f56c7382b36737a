import { fromString } from 'uint8arrays/from-string'
import { CUT_NAME_SIZE, MAX_NAME_SIZE } from '../limits.ts'
import { decodeUtf8, utf8Size } from './utf8.ts'

/**
 * The mapping of names to names that every system can store, the same on all of them.
 *
 * 1. Escaped as `%XX`, the bytes of their UTF-8 in upper-case hex: `< > : " | ? *`, control
 *    characters (C0, DEL, C1), format characters (bidi, zero-width, soft hyphen …), line and
 *    paragraph separators, a dot or space at the end, and a `%` that would otherwise read as an
 *    escape.
 * 2. Device names of Windows (`CON`, `nul.txt`, `COM1`, `COM¹` …) get a `_` in front, and so do
 *    names that look as if they had got one (`_CON` → `__CON`), which keeps it reversible.
 * 3. More than 255 bytes are cut to 240, keeping the extension. Only this loses information; the
 *    original stays in the layout's `path`.
 */
const ESCAPED = /[<>:"|?*\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|%(?=[0-9A-F]{2})|[. ]$/gu
const DEVICE = /^_*(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/iu
const ESCAPES = /(?:%[0-9A-F]{2})+/g
/** Longest extension that is kept when a name is cut, in UTF-16 units, dot included. */
const LONGEST_EXTENSION = 16

function percentEncode(character: string): string {
  let text = ''
  for (const byte of fromString(character, 'utf8')) {
    text += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

function guardDevice(name: string): string {
  return DEVICE.test(name) ? `_${name}` : name
}

/**
 * Maps a name that passed the gate to a portable one, 1 … 255 bytes long. Two different names
 * give different ones unless a name had to be cut; telling those apart, and names that differ in
 * case or normal form only, is the work of `diskNames`.
 */
export function diskName(name: string): string {
  return markName(guardDevice(name.replace(ESCAPED, percentEncode)), '')
}

/** Undoes {@link diskName} for names that were neither cut nor numbered. */
export function originalName(disk: string): string {
  const escaped = disk.startsWith('_') && DEVICE.test(disk) ? disk.slice(1) : disk
  return escaped.replace(ESCAPES, (run) => {
    const bytes = Uint8Array.from(run.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))
    return decodeUtf8(bytes) ?? run
  })
}

/**
 * Puts `mark` before the extension of a portable name. When more than 255 bytes come out, the stem
 * is shortened, at a whole character and a whole escape, until all fits 240.
 */
export function markName(name: string, mark: string): string {
  const { stem, extension } = splitExtension(name)
  const whole = `${stem}${mark}${extension}`
  if (utf8Size(whole) <= MAX_NAME_SIZE) return whole
  const kept = cutStem(stem, CUT_NAME_SIZE - utf8Size(mark) - utf8Size(extension))
  // What was cut off may have been all that told the name from a device's.
  return guardDevice(`${kept}${mark}${extension}`)
}

/** The longest beginning of at most `room` bytes that ends in no half escape, dot or space. */
function cutStem(stem: string, room: number): string {
  let kept = ''
  let size = 0
  for (const character of stem) {
    size += utf8Size(character)
    if (size > room) break
    kept += character
  }
  return kept.replace(/%[0-9A-F]?$/, '').replace(/[. ]+$/, '')
}

/** Splits before the last dot when what follows is a plausible extension. */
function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.')
  const length = name.length - dot
  if (dot < 1 || length === 1 || length > LONGEST_EXTENSION) return { stem: name, extension: '' }
  return { stem: name.slice(0, dot), extension: name.slice(dot) }
}
