import type { SealedTree } from './manifest-decoder.ts'
import { PLAIN_PER_BLOCK } from './sealed-shape.ts'

/** Part of a file that lies in a stretch of the plain bytes. */
export interface PlainRange {
  /** Number of the file in the tree. */
  readonly file: number
  /** Where the part begins in the file. */
  readonly offset: number
  readonly length: number
  /** Where the part begins in the stretch. */
  readonly at: number
}

/** The parts of files between two places of a private share's plain bytes, in order. */
export function* plainRanges({ files }: SealedTree, start: number, end: number): Generator<PlainRange> {
  for (let file = firstEndingAfter(files, start); file < files.length; file++) {
    const entry = files[file]
    if (entry === undefined || entry.offset >= end) return
    const from = Math.max(start, entry.offset)
    const to = Math.min(end, entry.offset + entry.size)
    if (to > from) yield { file, offset: from - entry.offset, length: to - from, at: from - start }
  }
}

/** Files lie one behind the other, so the first that reaches beyond `place` is found by halving. */
function firstEndingAfter(files: SealedTree['files'], place: number): number {
  let low = 0
  let high = files.length
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = files[middle]
    if (entry !== undefined && entry.offset + entry.size > place) high = middle
    else low = middle + 1
  }
  return low
}

/** The blocks that hold bytes of a stretch of the plain bytes, and how many of them each. */
export function* plainBlocks({
  offset,
  size
}: {
  readonly offset: number
  readonly size: number
}): Generator<{ block: number; length: number }> {
  for (let at = offset; at < offset + size; ) {
    const block = Math.floor(at / PLAIN_PER_BLOCK)
    const end = Math.min(offset + size, (block + 1) * PLAIN_PER_BLOCK)
    yield { block, length: end - at }
    at = end
  }
}
