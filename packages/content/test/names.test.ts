import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { checkName, diskName, diskNames, originalName } from '../src/index.ts'
import { collisionKey } from '../src/names/folder-names.ts'
import { decodeUtf8, utf8Size } from '../src/names/utf8.ts'

describe('the gate refuses', () => {
  test.each([
    '',
    '.',
    '..',
    '~',
    'C:',
    'z:',
    '/',
    '/etc/x',
    'a/b',
    '../x',
    '..\\x',
    '\\\\host\\share',
    'a\0b',
    '\ud800',
    'a\udc00',
    'x'.repeat(4097),
    '\u65e5'.repeat(1400)
  ])('%j', (name) => {
    expect(checkName(name)?.fault).toBe('bad-name')
    expect(checkName(name)?.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
  })
})

describe('the gate maps', () => {
  test.each([
    ['plain.txt', 'plain.txt'],
    ['...', '..%2E'],
    ['.hidden', '.hidden'],
    ['~user', '~user'],
    ['CON', '_CON'],
    ['con', '_con'],
    ['_CON', '__CON'],
    ['nul.txt', '_nul.txt'],
    ['NUL.tar.gz', '_NUL.tar.gz'],
    ['con .txt', '_con .txt'],
    ['COM1', '_COM1'],
    ['COM\u00b9', '_COM\u00b9'],
    ['lpt9.log', '_lpt9.log'],
    ['CONIN$', '_CONIN$'],
    ['console', 'console'],
    ['COM10', 'COM10'],
    ['a.', 'a%2E'],
    ['a ', 'a%20'],
    ['a..', 'a.%2E'],
    [' a', ' a'],
    ['a:b', 'a%3Ab'],
    ['C:x', 'C%3Ax'],
    ['<>"|?*', '%3C%3E%22%7C%3F%2A'],
    ['a\nb', 'a%0Ab'],
    ['\x7f\x85\x1b[2J', '%7F%C2%85%1B[2J'],
    ['invoice\u202egpj.exe', 'invoice%E2%80%AEgpj.exe'],
    ['a\u200bb\ufeff', 'a%E2%80%8Bb%EF%BB%BF'],
    ['a\u2028b', 'a%E2%80%A8b'],
    ['100%', '100%'],
    ['100%2E', '100%252E'],
    ['%zz', '%zz'],
    ['caf\u00e9 \u65e5\u672c.txt', 'caf\u00e9 \u65e5\u672c.txt']
  ])('%j to %j', (name, disk) => {
    expect(checkName(name)).toBeUndefined()
    expect(diskName(name)).toBe(disk)
    expect(originalName(disk)).toBe(name)
  })

  test('long names, keeping the extension', () => {
    expect(diskName('n'.repeat(255))).toBe('n'.repeat(255))
    expect(diskName(`${'n'.repeat(300)}.tar.gz`)).toBe(`${'n'.repeat(237)}.gz`)
    expect(utf8Size(diskName('\u65e5'.repeat(200)))).toBe(240)
    expect(diskName(`${'?'.repeat(200)}.txt`)).toBe(`${'%3F'.repeat(78)}.txt`)
    expect(diskName(`con${' '.repeat(300)}x`)).toBe('_con')
  })

  test('names that would collide to numbered ones, first come first kept', () => {
    expect(diskNames(['README', 'readme', 'ReadMe', 'README (2)'])).toEqual([
      'README',
      'readme (3)',
      'ReadMe (4)',
      'README (2)'
    ])
    expect(diskNames(['\u00e9.txt', 'e\u0301.txt'])).toEqual(['\u00e9.txt', 'e\u0301 (2).txt'])
    expect(diskNames(['stra\u00dfe', 'STRASSE'])).toEqual(['stra\u00dfe', 'STRASSE (2)'])
    expect(diskNames(['a%3ab', 'a:b'])).toEqual(['a%3ab', 'a%3Ab (2)'])
    const long = 'l'.repeat(300)
    expect(diskNames([`${long}1`, `${long}2`])).toEqual(['l'.repeat(240), `${'l'.repeat(240)} (2)`])
  })

  test('100,000 equal names in good time', () => {
    const names = Array.from({ length: 100_000 }, (_, i) =>
      'abcdefghijklmnopq'
        .split('')
        .map((letter, bit) => ((i >> bit) & 1 ? letter.toUpperCase() : letter))
        .join('')
    )
    expect(new Set(diskNames(names)).size).toBe(100_000)
  })
})

/** Names made of what is dangerous, short enough to collide often. */
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...'aA.~ :?%2E3_/\\\0'.split(''),
      '\u202e',
      '\u00e9',
      'e\u0301',
      '\u0130',
      '\u1e9e',
      'con',
      'NUL',
      'COM1',
      '%2E',
      '(2)'
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
  ),
  maxLength: 12
})
const allowed = nasty.filter((name) => checkName(name) === undefined)
const allowedLong = fc
  .tuple(allowed, fc.integer({ min: 1, max: 60 }))
  .map(([name, times]) => name.repeat(times))
  .filter((name) => checkName(name) === undefined)

const portable = (name: string): void => {
  expect(checkName(name)).toBeUndefined()
  expect(name).not.toMatch(/[/\\<>:"|?*\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|[. ]$/u)
  expect(name).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$)/i)
  expect(utf8Size(name)).toBeLessThanOrEqual(255)
}

property.prop([allowedLong])('a mapped name is portable', (name) => {
  portable(diskName(name))
})

property.prop([allowed])('the mapping is reversible', (name) => {
  expect(originalName(diskName(name))).toBe(name)
})

property.prop([fc.uniqueArray(fc.oneof(allowed, allowedLong), { maxLength: 40 })])(
  'distinct names stay distinct',
  (names) => {
    const mapped = diskNames(names)
    for (const name of mapped) portable(name)
    expect(new Set(mapped.map(collisionKey)).size).toBe(names.length)
  }
)

property.prop([fc.string({ unit: 'binary' })])('UTF-8 is measured and read as the platform does', (text) => {
  const encoded = new TextEncoder().encode(text)
  expect(utf8Size(text)).toBe(encoded.byteLength)
  expect(decodeUtf8(encoded)).toBe(text.toWellFormed())
})

property.prop([fc.uint8Array({ maxLength: 8 })])('malformed UTF-8 is told from good', (bytes) => {
  let expected: string | undefined
  try {
    expected = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    expected = undefined
  }
  expect(decodeUtf8(bytes)).toBe(expected)
})
