/** A part of a file as asked for, before its size is known: both ends count (RFC 9110, 14.1.2). */
export type ByteRange =
  | { readonly first: number; readonly last?: number | undefined }
  /** The last bytes of the file. */
  | { readonly suffix: number }

/** Digits of a number that is read; more than any size needs. */
const MAX_DIGITS = 30

/**
 * Reads `0-1023`, `1024-` (to the end) or `-500` (the last 500), as in an HTTP range of one part.
 * @returns undefined for anything else
 */
export function parseByteRange(text: string): ByteRange | undefined {
  const [, from, to] = /^\s*(\d*)-(\d*)\s*$/.exec(text) ?? []
  if (from === undefined || to === undefined || from.length > MAX_DIGITS || to.length > MAX_DIGITS)
    return undefined
  if (from === '') return to === '' ? undefined : { suffix: numberOf(to) }
  if (to === '') return { first: numberOf(from) }
  const range = { first: numberOf(from), last: numberOf(to) }
  return range.last < range.first ? undefined : range
}

/**
 * Where the range lies in a file: from `start` up to, not with, `end`. An end beyond the file is that of the file.
 * @param range - left out: all of the file
 * @returns undefined when nothing of the range is in the file (HTTP's 416)
 */
export function placeByteRange(
  range: ByteRange | undefined,
  size: number
): { start: number; end: number } | undefined {
  if (range === undefined) return { start: 0, end: size }
  const start = 'suffix' in range ? Math.max(0, size - range.suffix) : range.first
  const end = 'suffix' in range ? size : Math.min(size, (range.last ?? size) + 1)
  return start < end ? { start, end } : undefined
}

function numberOf(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER - 1)
}
