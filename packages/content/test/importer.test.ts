import { MiB } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { layoutFromBlocks, PIECE_SIZE, type ShareLayout } from '../src/index.ts'
import { build, plain, referenceImport, type TreeEntry, walk } from './reference-import.ts'

const file = (path: string, size: number, seed = 1): TreeEntry => ({
  path: path === '' ? [] : path.split('/'),
  content: { size, seed }
})
const folder = (path: string): TreeEntry => ({ path: path === '' ? [] : path.split('/') })
const many = (count: number, make: (i: number) => TreeEntry): TreeEntry[] =>
  Array.from({ length: count }, (_, i) => make(i))
const single = (size: number, seed = 1): TreeEntry[] => [file('', size, seed)]
const deep = (depth: number): string => Array.from({ length: depth }, (_, i) => `d${i}`).join('/')
const long = 'x'.repeat(200)

const SHAPES: [string, TreeEntry[]][] = [
  ['0 bytes', single(0)],
  ['1 byte', single(1)],
  ['2 bytes', single(2)],
  ['127 bytes', single(127)],
  ['128 bytes', single(128)],
  ['256 KiB', single(256 * 1024)],
  ['1 MiB - 1', single(MiB - 1)],
  ['1 MiB', single(MiB)],
  ['1 MiB + 1', single(MiB + 1)],
  ['2 MiB - 1', single(2 * MiB - 1)],
  ['2 MiB', single(2 * MiB)],
  ['3 MiB + 5', single(3 * MiB + 5)],
  ['16 MiB', single(16 * MiB)],
  ['1024 pieces', single(1024 * PIECE_SIZE, 0)],
  ['1024 pieces and a byte', single(1024 * PIECE_SIZE + 1, 0)],
  ['2 GiB - 1', single(2048 * PIECE_SIZE - 1, 0)],
  // Between 2 and 4 GiB the reference garbles sizes: see large-sizes.test.ts.
  ['4 GiB and 77 bytes', single(4096 * PIECE_SIZE + 77, 0)],
  ['empty folder', [folder('')]],
  ['folder of an empty folder', [folder('a')]],
  ['folder of an empty file', [file('a', 0)]],
  ['one file', [file('a', 5)]],
  ['file and empty folder', [file('a', 5), folder('b')]],
  ['equal files', [file('a', 5), file('b', 5), file('c/a', 5)]],
  ['equal folders', [file('a/x', 5), file('b/x', 5)]],
  ['large files', [file('a', 3 * MiB), file('b', 2 * MiB + 1, 2), file('c/d', MiB, 3)]],
  [
    'order of bytes, not letters',
    ['b', 'B', 'a', 'Z', 'é', '~x', '10', '9', '_'].map((name, i) => file(name, i + 1, i + 1))
  ],
  [
    'names that share beginnings',
    ['a', 'ab', 'abc', 'a b', 'a.b', 'a-b'].map((name, i) => file(name, i + 1))
  ],
  ['astral before private use', ['\u{1F600}', '\uE000', '\uFF5E'].map((name, i) => file(name, i + 1))],
  [
    'Unicode names',
    ['日本語.txt', 'žluťoučký', 'e\u0301', '\u00e9', 'שלום', '👨‍👩‍👧'].map((name, i) => file(name, i + 1))
  ],
  ['names mapped on disk', ['CON', 'a:b', 'x.', '\u202e', 'A', 'a'].map((name, i) => file(name, i + 1))],
  ['name of 255 bytes', [file('n'.repeat(255), 3)]],
  ['2 folders deep', [file('a/b/c', 9)]],
  ['60 folders deep', [file(`${deep(60)}/f`, 9)]],
  ['empty folder 60 deep', [folder(deep(60))]],
  ['wide and deep', many(200, (i) => file(`${i % 7}/${i % 5}/${i}`, i, i + 1))],
  ['1000 files', many(1000, (i) => file(`f${i}`, i % 50, i + 1))],
  [
    'just below the HAMT threshold',
    many(1100, (i) => file(`${String(i).padStart(5, '0')}${long.slice(0, 180)}`, 5))
  ],
  ['just above it', many(1130, (i) => file(`${String(i).padStart(5, '0')}${long.slice(0, 180)}`, 5))],
  ['10,000 files', many(10_000, (i) => file(`file-${i}.txt`, 4, i + 1))],
  ['10,000 files below', many(10_000, (i) => file(`sub/file-${i}.txt`, 4, i + 1))],
  ['HAMT with folders', [...many(1500, (i) => file(`${i}-${long}`, 1)), file('z/y', 3), folder('empty')]],
  [
    'HAMT in a HAMT',
    [...many(1500, (i) => file(`${i}-${long}`, 1)), ...many(1500, (i) => file(`z/${i}-${long}`, 1))]
  ],
  ['HAMT of empty folders', many(1500, (i) => folder(`${i}-${long}`))],
  ['4000 folders with a file each', many(4000, (i) => file(`dir-${i}/f`, 1))],
  ['Unicode HAMT', many(1500, (i) => file(`ž日${i}-${long}`, 1))]
]

test.each(SHAPES)('same DAG as the reference importer: %s', async (_, entries) => {
  const reference = await referenceImport(entries)
  const built = build(entries)
  expect(built.root.toString()).toBe(reference.root.toString())
  const walked = built.root.code === 0x55 ? rawWalk(built) : walk(reference.root, reference.blocks)
  expect(plain(walked)).toEqual(plain(built))
  expect(
    plain(layoutFromBlocks(built.root, built.indexBlocks.toReversed(), built.size) as ShareLayout)
  ).toEqual(plain(built))
  expect(built.size).toBe(entries.reduce((sum, entry) => sum + (entry.content?.size ?? 0), 0))
  expect([...built.files].map((entry) => entry.path.join('/')).sort()).toEqual(filePaths(entries))
})

/** A raw root is its own piece; the walker then takes the block from whoever has it. */
function rawWalk(layout: ShareLayout): ShareLayout {
  const again = layoutFromBlocks(layout.root, [], layout.size)
  if ('fault' in again) throw new Error(again.message)
  return again
}

function filePaths(entries: TreeEntry[]): string[] {
  return entries.flatMap((entry) => (entry.content === undefined ? [] : [entry.path.join('/')])).sort()
}
