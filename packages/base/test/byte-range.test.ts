import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { parseByteRange, placeByteRange } from '../src/index.ts'

test('reads the three forms of RFC 9110, and nothing else', () => {
  expect(parseByteRange('0-1023')).toEqual({ first: 0, last: 1023 })
  expect(parseByteRange(' 7-7 ')).toEqual({ first: 7, last: 7 })
  expect(parseByteRange('1024-')).toEqual({ first: 1024 })
  expect(parseByteRange('-500')).toEqual({ suffix: 500 })
  for (const wrong of [
    '',
    '-',
    '5',
    '5-4',
    '1-2-3',
    '1,2',
    'a-b',
    '0x1-2',
    '1.5-2',
    '-1-2',
    '--1',
    `${'9'.repeat(31)}-`
  ])
    expect(parseByteRange(wrong), wrong).toBeUndefined()
})

test('beyond the end: cut where some of it is there, nothing where none is', () => {
  expect(placeByteRange(undefined, 0)).toEqual({ start: 0, end: 0 })
  expect(placeByteRange({ first: 8, last: 99 }, 10)).toEqual({ start: 8, end: 10 })
  expect(placeByteRange({ suffix: 99 }, 10)).toEqual({ start: 0, end: 10 })
  expect(placeByteRange({ first: 10 }, 10)).toBeUndefined()
  expect(placeByteRange({ suffix: 0 }, 10)).toBeUndefined()
  expect(placeByteRange({ first: 0 }, 0)).toBeUndefined()
  expect(placeByteRange(parseByteRange(`0-${'9'.repeat(30)}`), 10)).toEqual({ start: 0, end: 10 })
})

property.prop([fc.nat(40), fc.nat(40), fc.nat(40)])(
  'a range holds the bytes whose numbers it names, and no others',
  (size, first, more) => {
    const place = placeByteRange(parseByteRange(`${first}-${first + more}`), size)
    const named = Array.from({ length: size }, (_, i) => i).filter((i) => i >= first && i <= first + more)
    const got =
      place === undefined ? [] : Array.from({ length: place.end - place.start }, (_, i) => place.start + i)
    expect(got).toEqual(named)
  }
)
