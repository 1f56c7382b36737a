import { createHash } from 'node:crypto'
import { seededRng } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { createShareBuilder, lookForEntry, pathNames, type ShareLayout, shareEntries } from '../src/index.ts'
import { drained } from './drained.ts'

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())

/** A share of files of so many bytes; a path that ends in `/` is an empty folder. */
function layoutOf(files: Record<string, number>): ShareLayout {
  const builder = createShareBuilder({ sha256 })
  for (const [path, size] of Object.entries(files)) {
    if (path.endsWith('/')) {
      builder.folder(pathNames(path))
      continue
    }
    const file = builder.file(pathNames(path))
    if (size > 0) file.addPiece(sha256(new TextEncoder().encode(`/${path}`)), size)
    file.finish()
  }
  return builder.finish()
}

const listed = (layout: ShareLayout): [string, number][] =>
  [...shareEntries(layout)]
    .flat()
    .map(({ kind, path, size }) => [path.join('/') + (kind === 'folder' ? '/' : ''), size])

describe('what is in a share', () => {
  test('each folder stands before what is in it, with the size of all below it; empty ones too', () => {
    const layout = layoutOf({ 'a/b/one': 10, 'a/b/two': 5, 'a/empty/': 0, 'a/three': 1, 'd/': 0, z: 100 })
    const all = listed(layout)
    expect(Object.fromEntries(all)).toEqual({
      ...{ 'a/': 16, 'a/b/': 15, 'a/b/one': 10, 'a/b/two': 5, 'a/empty/': 0, 'a/three': 1, 'd/': 0, z: 100 }
    })
    const at = (path: string): number => all.findIndex(([name]) => name === path)
    expect([at('a/'), at('a/b/'), at('a/b/one')]).toEqual(
      [at('a/'), at('a/b/'), at('a/b/one')].sort((x, y) => x - y)
    )
  })

  test('any tree: every file and folder once, parents first, sums right, in steps of 1000 at most', () => {
    const rng = seededRng(7)
    const files: Record<string, number> = {}
    const folder = (): string =>
      Array.from({ length: rng.uint32() % 4 }, () => `f${rng.uint32() % 5}/`).join('')
    for (let i = 0; i < 3000; i++)
      files[`${folder()}${rng.uint32() % 9 === 0 ? `e${i}/` : `n${i}`}`] = rng.uint32() % 1000
    const layout = layoutOf(files)
    const steps = [...shareEntries(layout)]
    expect(Math.max(...steps.map((step) => step.length))).toBe(1000)
    const seen = new Set<string>([''])
    for (const { path } of steps.flat()) {
      expect(seen.has(path.slice(0, -1).join('/'))).toBe(true)
      expect(seen.has(path.join('/'))).toBe(false)
      seen.add(path.join('/'))
    }
    expect(seen.size - 1).toBe(layout.files.length + layout.folders.length)
    for (const [path, size] of listed(layout)) {
      const below = Object.entries(files).filter(
        ([name]) => name === path || (path.endsWith('/') && name.startsWith(path))
      )
      const sum = below.reduce((total, [name, n]) => total + (name.endsWith('/') ? 0 : n), 0)
      expect([path, size]).toEqual([path, sum])
    }
  })

  test('a share of one file has one entry without a path', () => {
    expect(listed(layoutOf({ '': 7 }))).toEqual([['', 7]])
  })
})

describe('a path in a share', () => {
  const layout = layoutOf({ 'photos/summer/beach.jpg': 1, 'photos/winter/': 0, 'read me.txt': 1 })

  test('is there, however many slashes it has', () => {
    for (const path of [
      '',
      'photos',
      '/photos//summer/',
      'photos/summer/beach.jpg',
      'photos/winter',
      'read me.txt'
    ])
      expect(() => drained(lookForEntry(layout, pathNames(path))), path).not.toThrow()
  })

  test('is not there: the message names the nearest entry, in the folder that was right, escaped', () => {
    const miss = (path: string) => (): unknown => drained(lookForEntry(layout, pathNames(path)))
    expect(miss('photos/sumer/beach.jpg')).toThrow(
      /nothing at "photos\/sumer\/beach.jpg"; did you mean "photos\/summer"\?/
    )
    expect(miss('photos/summer/baech.JPG')).toThrow(/did you mean "photos\/summer\/beach.jpg"/)
    expect(miss('readme.txt')).toThrow(/did you mean "read me.txt"/)
    expect(miss('zzz')).toThrow(/nothing at "zzz"$/)
    expect(miss('../etc/passwd')).toThrow(/nothing at/)
    expect(miss('a\u001b[2J')).toThrow(/^[^\p{Cc}]+$/u)
  })
})
