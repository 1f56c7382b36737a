import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { ImporterOptions } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced, flat, trickle } from 'ipfs-unixfs-importer/layout'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { describe, expect, test } from 'vitest'
import {
  isContentFault,
  layoutFromBlocks,
  parseShareRef,
  type ShareLayout,
  unwrapLeaf,
  verifyBlock
} from '../src/index.ts'
import { createWalker } from '../src/walk/walker.ts'
import {
  type Blocks,
  hex,
  pieces,
  plain,
  referenceImport,
  sha256,
  type TreeEntry,
  walk
} from './reference-import.ts'

/** All bytes of one file as the layout says where they lie; every byte must be there exactly once. */
function assemble(layout: ShareLayout, blocks: Blocks, index: number): Buffer {
  const file = layout.files.at(index)
  if (file === undefined) throw new Error('no such file')
  const bytes = Buffer.alloc(file.size)
  let filled = 0
  const put = (offset: number, data: Uint8Array): void => {
    bytes.set(data, offset)
    filled += data.byteLength
  }
  for (const extent of file.inline) put(extent.offset, extent.data)
  for (let i = 0; i < file.pieceCount; i++) put(...pieceData(layout, blocks, pieceIndex(file.firstPiece + i)))
  expect(filled).toBe(file.size)
  return bytes
}

function pieceData(layout: ShareLayout, blocks: Blocks, piece: PieceIndex): [number, Uint8Array] {
  const block = blocks.get(hex(layout.digest(piece)))
  if (block === undefined) throw new Error('no such piece')
  expect(block.byteLength).toBe(layout.blockSize(piece))
  if (!layout.isWrapped(piece)) return [layout.fileOffset(piece), block]
  const leaf = unwrapLeaf(block, layout.dataSize(piece))
  if (isContentFault(leaf)) throw new Error(leaf.message)
  expect(Buffer.concat([leaf.prefix, leaf.data, leaf.suffix]).equals(block)).toBe(true)
  return [layout.fileOffset(piece), leaf.data]
}

const content = (entry: TreeEntry): Buffer =>
  Buffer.concat(entry.content === undefined ? [] : [...pieces(entry.content)])

const TREE: TreeEntry[] = [
  { path: ['large'], content: { size: 3_000_000, seed: 7 } },
  { path: ['small'], content: { size: 1000, seed: 8 } },
  { path: ['empty'], content: { size: 0, seed: 1 } },
  { path: ['sub', 'x'], content: { size: 300_000, seed: 9 } },
  { path: ['sub', 'none'] }
]
const FILE: TreeEntry[] = [{ path: [], content: { size: 2_500_000, seed: 3 } }]

const STYLES: [string, ImporterOptions][] = [
  ['profile unixfs-v0-2015', { profile: 'unixfs-v0-2015' }],
  ['version 0, raw leaves', { profile: 'unixfs-v0-2015', rawLeaves: true, cidVersion: 1 }],
  ['version 1, wrapped leaves', { profile: 'unixfs-v1-2025', rawLeaves: false }],
  ['leaves of type raw', { rawLeaves: false, leafType: 'raw', reduceSingleLeafToSelf: false, cidVersion: 0 }],
  ['single leaves not reduced', { reduceSingleLeafToSelf: false, cidVersion: 1 }],
  [
    'trickle',
    { layout: trickle({ layerRepeat: 2, maxChildrenPerNode: 3 }), rawLeaves: false, cidVersion: 0 }
  ],
  [
    'trickle with raw leaves',
    { layout: trickle({ layerRepeat: 4, maxChildrenPerNode: 4 }), rawLeaves: true }
  ],
  ['flat', { layout: flat() }],
  [
    'narrow and deep',
    { layout: balanced({ maxChildrenPerNode: 2 }), chunker: fixedSize({ chunkSize: 1000 }) }
  ],
  [
    'chunks of 37 bytes',
    { chunker: fixedSize({ chunkSize: 37 }), layout: balanced({ maxChildrenPerNode: 3 }), rawLeaves: false }
  ],
  ['data first', { fieldOrder: 'data-first', rawLeaves: false, cidVersion: 1 }],
  ['HAMT of 8', { shardSplitThresholdBytes: 1, shardFanoutBits: 3 }],
  ['HAMT of 16', { shardSplitThresholdBytes: 1, shardFanoutBits: 4 }],
  ['HAMT of 256', { shardSplitThresholdBytes: 1, shardFanoutBits: 8 }]
]

describe.each(STYLES)('foreign DAG: %s', (name, options) => {
  test.each([
    ['file', FILE],
    ['folder', TREE]
  ])('%s', async (_, entries) => {
    const small = name.startsWith('chunks') || name.startsWith('narrow')
    const used = entries.map((entry) =>
      small && entry.content !== undefined
        ? { ...entry, content: { ...entry.content, size: entry.content.size % 20_011 } }
        : entry
    )
    const { root, blocks } = await referenceImport(used, options)
    const layout = walk(root, blocks)
    const files = used.filter((entry) => entry.content !== undefined)
    expect(layout.files).toHaveLength(files.length)
    for (const [i, file] of layout.files.entries()) {
      const entry = files.find((wanted) => wanted.path.join('/') === file.path.join('/'))
      expect(entry).toBeDefined()
      expect(assemble(layout, blocks, i).equals(content(entry as TreeEntry))).toBe(true)
    }
    if (entries === TREE)
      expect([...layout.folders].map((folder) => folder.path.join('/')).sort()).toEqual(['sub', 'sub/none'])
    expect(plain(layoutFromBlocks(root, layout.indexBlocks) as ShareLayout)).toEqual(plain(layout))
  })
})

test('a HAMT of 8 slots and 3000 files', async () => {
  const entries = Array.from({ length: 3000 }, (_, i) => ({
    path: [`f${i}`],
    content: { size: 1 + (i % 9), seed: i }
  }))
  const { root, blocks } = await referenceImport(entries, { shardSplitThresholdBytes: 1, shardFanoutBits: 3 })
  expect(walk(root, blocks).files).toHaveLength(3000)
})

test('leaves of a version 0 file are pieces, not index', async () => {
  const { root, blocks } = await referenceImport(FILE, { profile: 'unixfs-v0-2015' })
  const layout = walk(root, blocks)
  expect(root.version).toBe(0)
  expect(layout).toMatchObject({ pieceCount: 10, size: 2_500_000 })
  expect(layout.indexBlocks).toHaveLength(1)
  expect(layout.isWrapped(pieceIndex(0))).toBe(true)
  expect([layout.dataSize(pieceIndex(0)), layout.blockSize(pieceIndex(0))]).toEqual([262_144, 262_158])
})

test('symbolic links are listed as skipped', async () => {
  const { root, blocks } = await referenceImport([
    { path: ['l'], link: '/etc/passwd' },
    { path: ['f'], content: { size: 3, seed: 1 } }
  ])
  const layout = walk(root, blocks)
  expect([...layout.skipped]).toEqual([{ path: ['l'], reason: 'symlink' }])
  expect([...layout.files].map((file) => file.path)).toEqual([['f']])
})

describe('roots without an index', () => {
  const hello = new TextEncoder().encode('hello world\n')
  const ref = parseShareRef('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4').root

  test('a raw leaf is fetched as the root and is the only piece', () => {
    const walker = createWalker(ref)
    expect(walker).toMatchObject({ done: false, wanted: 1, declaredSize: undefined, rootPiece: undefined })
    expect(walker.needed(5).map(String)).toEqual([ref.toString()])
    expect(verifyBlock(ref, hello, sha256)).toBeUndefined()
    expect(walker.supply(ref, hello)).toBeUndefined()
    expect(walker).toMatchObject({ done: true, wanted: 0, declaredSize: 12, rootPiece: hello })
    const layout = walker.layout()
    expect(layout).toMatchObject({ kind: 'file', size: 12, pieceCount: 1, indexBlocks: [] })
    expect(hex(layout.digest(pieceIndex(0)))).toBe(hex(sha256(hello)))
    expect(layout.files.at(0)).toMatchObject({
      path: [],
      diskPath: [],
      size: 12,
      firstPiece: 0,
      pieceCount: 1,
      inline: []
    })
    expect(plain(layoutFromBlocks(ref, [], 12) as ShareLayout)).toEqual(plain(layout))
    expect(layoutFromBlocks(ref, [])).toMatchObject({ fault: 'index-incomplete' })
  })

  test('the empty raw leaf needs no fetch', () => {
    const walker = createWalker(
      parseShareRef('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku').root
    )
    expect(walker).toMatchObject({ done: true, wanted: 0 })
    expect(walker.layout()).toMatchObject({ size: 0, pieceCount: 0, files: [{ size: 0, pieceCount: 0 }] })
  })

  test('an identity CID carries its file', () => {
    const walker = createWalker(CID.createV1(0x55, createDigest(0, hello)))
    expect(walker.done).toBe(true)
    const [file] = walker.layout().files
    expect(Buffer.from(file?.inline[0]?.data ?? []).toString()).toBe('hello world\n')
    expect(walker.layout()).toMatchObject({ size: 12, pieceCount: 0 })
  })

  test('the empty folder of version 0', () => {
    const root = parseShareRef('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn').root
    const walker = createWalker(root)
    expect(verifyBlock(root, Uint8Array.of(0x0a, 2, 8, 1), sha256)).toBeUndefined()
    expect(walker.supply(root, Uint8Array.of(0x0a, 2, 8, 1))).toBeUndefined()
    const none = { kind: 'folder', size: 0, files: { length: 0 }, folders: { length: 0 }, pieceCount: 0 }
    expect(walker.layout()).toMatchObject(none)
  })
})
