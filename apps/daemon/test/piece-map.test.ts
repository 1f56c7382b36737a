import { fc, test as property } from '@fast-check/vitest'
import { Bitfield } from '@p2pshare/base'
import { MAP_PARTS } from '@p2pshare/control'
import { describe, expect, test } from 'vitest'
import { pieceMap } from '../src/calls/piece-map.ts'

const mapOf = (pieces: string, parts?: number): string => {
  const have = new Bitfield(pieces.length)
  for (let i = 0; i < pieces.length; i++) if (pieces[i] === '#') have.set(i)
  return pieceMap(have, (piece) => (pieces[piece] === '-' ? 1 : 0), parts)
}

describe('the map of pieces', () => {
  test.each([
    ['', 4, ''],
    ['#-.', 4, '#-.'],
    ['####', 2, '##'],
    ['##-.', 2, '#-'],
    ['#-#.', 2, '+.'],
    ['#-..', 1, '+'],
    ['#...', 1, '.'],
    ['#--..', 2, '+-']
  ])('%j in %i parts', (pieces, parts, map) => {
    expect(mapOf(pieces, parts)).toBe(map)
  })

  property.prop([
    fc.array(fc.constantFrom('#', '-', '.'), { maxLength: 3000 }),
    fc.integer({ min: 1, max: MAP_PARTS })
  ])('is bounded, and full only where all is here', (pieces, parts) => {
    const map = mapOf(pieces.join(''), parts)
    expect(map).toHaveLength(Math.min(parts, pieces.length))
    expect(/^#*$/.test(map)).toBe(pieces.every((piece) => piece === '#'))
    if (!pieces.includes('-')) expect(map).not.toMatch(/[+-]/)
    if (!pieces.includes('#')) expect(map).not.toMatch(/[#+]/)
  })
})
