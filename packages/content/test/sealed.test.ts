import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import {
  decodeManifest,
  decodeManifestHeader,
  encodeManifest,
  isContentFault,
  type ManifestEntry,
  PLAIN_PER_BLOCK,
  plainRanges,
  type SealedTree,
  sealedBlockCount,
  sealNonce
} from '../src/index.ts'

const file = (depth: number, name: string, size: number): ManifestEntry => ({
  kind: 'file',
  depth,
  name,
  size
})
const folder = (depth: number, name: string): ManifestEntry => ({ kind: 'folder', depth, name, size: 0 })

function decoded(bytes: Uint8Array): SealedTree {
  const tree = decodeManifest(bytes)
  if (isContentFault(tree)) throw new Error(tree.message)
  return tree
}

/** What a manifest of these entries is refused with. */
function refusal(entries: ManifestEntry[], name = 'share'): string | undefined {
  const tree = decodeManifest(encodeManifest({ name, entries }))
  return isContentFault(tree) ? tree.fault : undefined
}

describe('the manifest of a private share', () => {
  test('has a fixed form', () => {
    const bytes = encodeManifest({ name: 'a', entries: [folder(0, 'd'), file(1, 'x', 300), file(0, 'y', 1)] })
    expect(Buffer.from(bytes).toString('hex')).toBe(
      // version 1, a folder, 17 bytes of names, 301 of content
      '0101000000000011000000000000012d' +
        // 'a'; folder 'd'; 'x' in it, of 300 bytes; 'y' beside it, of 1
        '0161' +
        '01000164' +
        '00010178ac02' +
        '0000017901'
    )
  })

  test('of one file says its name and size', () => {
    const tree = decoded(encodeManifest({ name: 'song.mp3', fileSize: 5, entries: [] }))
    expect(tree).toMatchObject({ kind: 'file', name: 'song.mp3', folders: [] })
    expect(tree.files).toMatchObject([{ path: [], diskPath: [], size: 5 }])
  })

  test('maps names to what every system can store, each folder for itself', () => {
    const tree = decoded(
      encodeManifest({
        name: 's',
        entries: [folder(0, 'CON'), file(1, 'A', 1), file(1, 'a', 2), file(0, 'a', 3)]
      })
    )
    expect(tree.files.map(({ diskPath }) => diskPath.join('/'))).toEqual(['_CON/A', '_CON/a (2)', 'a'])
    expect(tree.files.map(({ path }) => path.join('/'))).toEqual(['CON/A', 'CON/a', 'a'])
  })

  test.each(['..', '.', '', 'a/b', 'a\\b', '\0', '~', 'C:', 'x'.repeat(4097)])(
    'refuses the name %j',
    (name) => {
      expect(refusal([file(0, name, 1)])).toMatch(/bad-name|bad-block/)
      expect(refusal([], name)).toMatch(/bad-name|bad-block/)
    }
  )

  test('refuses what lies in no folder, twice in one, too deep, or has too long a path', () => {
    expect(refusal([file(1, 'a', 1)])).toBe('bad-block')
    expect(refusal([folder(0, 'd'), file(0, 'f', 1), file(1, 'a', 1)])).toBe('bad-block')
    expect(refusal([file(0, 'a', 1), file(0, 'a', 1)])).toBe('bad-folder')
    expect(refusal(Array.from({ length: 65 }, (_, depth) => folder(depth, 'd')))).toBe('too-deep')
    expect(refusal(Array.from({ length: 20 }, (_, depth) => folder(depth, 'd'.repeat(250))))).toBe('bad-name')
  })

  test('of half a megabyte that would make 400 MB of paths holds each name once', () => {
    const entries = Array.from({ length: 63 }, (_, depth) => folder(depth, 'd'.repeat(63)))
    for (let i = 0; entries.length < 99_999; i++) entries.push(folder(63, i.toString(36)), file(64, 'f', 0))
    const bytes = encodeManifest({ name: 's', entries })
    expect(bytes.byteLength).toBeLessThan(2 ** 20)
    const tree = decoded(bytes)
    const last = tree.files.at(-1)
    expect(last?.path).toHaveLength(65)
    expect(last?.diskPath).toEqual(last?.path)
    const isLong = (value: unknown): boolean =>
      Array.isArray(value) || (typeof value === 'string' && value.length > 64)
    for (const entry of [...tree.files, ...tree.folders])
      if (Object.values(entry).some(isLong)) throw new Error('an entry keeps its whole path')
  })

  property.prop([fc.uint8Array({ minLength: 0, maxLength: 200 })])(
    'never throws, whatever it is given',
    (bytes) => {
      decodeManifestHeader(bytes)
      decodeManifest(bytes)
    }
  )

  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 12 })
  property.prop([names, fc.array(fc.nat(2 ** 37), { minLength: 12, maxLength: 12 }), fc.nat()])(
    'cut off or with a byte more is refused; whole it is what was written',
    (all, sizes, at) => {
      const entries = all.map((name, i) => (i % 3 === 0 ? folder(0, name) : file(1, name, sizes[i] ?? 0)))
      const bytes = encodeManifest({ name: 'share', entries })
      const tree = decoded(bytes)
      expect(tree.files.map(({ path, size }) => [path.at(-1), size])).toEqual(
        entries.filter(({ kind }) => kind === 'file').map(({ name, size }) => [name, size])
      )
      expect(isContentFault(decodeManifest(bytes.subarray(0, at % bytes.byteLength)))).toBe(true)
      expect(isContentFault(decodeManifest(Uint8Array.from([...bytes, 0])))).toBe(true)
    }
  )
})

describe('the plain bytes of a private share', () => {
  property.prop([fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 40 })])(
    'are covered by its blocks, each byte once',
    (sizes, step) => {
      const entries = sizes.map((size, i) => file(0, `f${i}`, size))
      const tree = decoded(encodeManifest({ name: 's', entries }))
      const seen = sizes.map(() => 0)
      for (let start = 0; start < tree.size; start += step) {
        for (const range of plainRanges(tree, start, start + step)) {
          expect(range.offset).toBe(seen[range.file])
          expect(range.at).toBe((tree.files[range.file]?.offset ?? 0) + range.offset - start)
          seen[range.file] = (seen[range.file] ?? 0) + range.length
        }
      }
      expect(seen).toEqual(sizes)
    }
  )

  test('fill a number of blocks that says little', () => {
    const blocks = (n: number): number => sealedBlockCount(n * PLAIN_PER_BLOCK)
    expect([0, 1, 2, 3, 4, 5, 8, 9, 100, 1000, 1025].map(blocks)).toEqual([
      1, 1, 2, 3, 4, 5, 8, 10, 104, 1024, 1088
    ])
    expect(sealedBlockCount(PLAIN_PER_BLOCK + 1)).toBe(2)
  })

  property.prop([fc.nat(2 ** 41)])('take 12 % more at most', (size) => {
    const needed = Math.max(1, Math.ceil(size / PLAIN_PER_BLOCK))
    const count = sealedBlockCount(size)
    expect(count).toBeGreaterThanOrEqual(needed)
    expect(count).toBeLessThanOrEqual(needed * 1.12)
  })

  test('have a nonce for each position', () => {
    expect(Buffer.from(sealNonce(0x01020304)).toString('hex')).toBe('000000000000000001020304')
    expect(() => sealNonce(2 ** 32)).toThrow()
  })
})
