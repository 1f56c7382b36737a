import type { Bitfield } from '@p2pshare/base'
import { MAP_PARTS } from '@p2pshare/control'

/**
 * What is here of a share and what can be had, as the `map` of the API's `observe` has it.
 *
 * @param have - pieces that are here
 * @param holders - how many connected peers have a piece
 * @returns a character for each of `parts` equal parts, of each piece where there are fewer
 */
export function pieceMap(
  have: Bitfield,
  holders: (piece: number) => number,
  parts: number = MAP_PARTS
): string {
  const pieces = have.length
  const count = Math.min(parts, pieces)
  if (have.isFull) return '#'.repeat(count)
  let map = ''
  for (let i = 0; i < count; i++) {
    const [start, end] = [Math.floor((i * pieces) / count), Math.floor(((i + 1) * pieces) / count)]
    map += partOf(have, holders, start, end)
  }
  return map
}

function partOf(have: Bitfield, holders: (piece: number) => number, start: number, end: number): string {
  let [here, held] = [0, 0]
  for (let piece = start; piece < end; piece++) {
    if (have.has(piece)) here++
    else if (holders(piece) > 0) held++
  }
  if (here === end - start) return '#'
  if (held === 0) return '.'
  return here === 0 ? '-' : '+'
}
