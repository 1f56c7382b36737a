import { matchesGlob } from 'node:path'
import { seededRng } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { Glob } from '../src/listing/glob.ts'

const fits = (glob: string, path: string): boolean => new Glob(glob).fits(path.split('/'))

describe('a pattern for paths', () => {
  test.each([
    ['*.mp4', 'film.mp4', true],
    ['*.mp4', 'a/b/film.mp4', true],
    ['*.mp4', 'film.mp4.part', false],
    ['b', 'a/b/c', true],
    ['a/*.mp4', 'a/film.mp4', true],
    ['a/*.mp4', 'x/a/film.mp4', false],
    ['a/b', 'a/b/c/d', true],
    ['/a', 'a/x', true],
    ['/a', 'x/a', false],
    ['a/', 'x/a/y', true],
    ['**/c/*', 'a/b/c/d', true],
    ['a/**/d', 'a/d', true],
    ['a/**/d', 'a/b/c/d', true],
    ['a/**', 'a/b/c', true],
    ['Season ?/*', 'Season 1/x', true],
    ['Season ?/*', 'Season 10/x', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[]x', '[]x', true],
    ['*.{jpg,pn{g,m}}', 'x.pnm', true],
    ['*.{jpg,png}', 'x.gif', false],
    ['{x}', '{x}', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['?', '😀', true],
    ['(a+)+$', 'aaaa', false],
    ['.*', '.hidden', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a**b', 'axxb', true],
    ['x*', 'y/x1/z', true],
    ['*', 'a/b', true]
  ])('%s, %s: %s', (glob, path, expected) => {
    expect(fits(glob, path)).toBe(expected)
  })

  test('means what it means to Node, where both look at the whole path', () => {
    const rng = seededRng(3)
    const pick = <T>(from: readonly T[]): T => from[rng.uint32() % from.length] as T
    const word = (parts: readonly string[], most: number): string =>
      Array.from({ length: 1 + (rng.uint32() % most) }, () => pick(parts)).join('')
    let hits = 0
    for (let i = 0; i < 5000; i++) {
      const glob = `x/${Array.from({ length: 1 + (rng.uint32() % 3) }, () => (rng.uint32() % 5 === 0 ? '**' : word(['a', 'b', '*', '?', '[ab]'], 4))).join('/')}/z`
      const path = `x/${Array.from({ length: rng.uint32() % 4 }, () => `${word(['a', 'b'], 4)}/`).join('')}z`
      const expected = matchesGlob(path, glob)
      if (expected) hits++
      expect([glob, path, fits(glob, path)]).toEqual([glob, path, expected])
    }
    expect(hits).toBeGreaterThan(200)
  })

  test('neighbours, and paths in any order, do not mislead it', () => {
    const paths = ['a/x/1', 'a/x/2', 'b', 'a/y/1', 'x', 'a', 'b/x/y/1', 'b/x', 'c/x/1'].map((path) =>
      path.split('/')
    )
    for (const text of ['x', 'a/*', '**/y', '/x', 'b/x/y']) {
      const kept = new Glob(text)
      for (const path of [...paths, ...paths.toReversed()])
        expect([text, path, kept.fits(path)]).toEqual([text, path, new Glob(text).fits(path)])
    }
  })

  test('what would take a regular expression for ever is a matter of steps', () => {
    const name = 'a'.repeat(4000)
    expect(fits(`${'*a'.repeat(120)}b`, name)).toBe(false)
    expect(fits(`${'**/a*a/'.repeat(30)}b`, Array.from({ length: 60 }, () => 'a'.repeat(60)).join('/'))).toBe(
      false
    )
  })

  test('what cannot be used is refused with a reason', () => {
    const refused = (glob: string) => (): Glob => new Glob(glob)
    expect(refused('a'.repeat(257))).toThrow(/longer than 256/)
    expect(refused('{a,b}'.repeat(20))).toThrow(/more than 64/)
    expect(refused('{'.repeat(200))).not.toThrow()
    expect(refused('/')).toThrow(/empty/)
    expect(refused('')).toThrow(/empty/)
  })
})
