import { memoryUsage } from 'node:process'
import { fc, test as property } from '@fast-check/vitest'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { describe, expect, test } from 'vitest'
import {
  isContentFault,
  layoutFromBlocks,
  type ContentFaultCode,
  unwrapLeaf,
  verifyBlock
} from '../src/index.ts'
import { createWalker } from '../src/walk/walker.ts'
import { Crafted, identity, link, slot } from './crafted-blocks.ts'
import { hex, referenceImport, sha256 } from './reference-import.ts'

const bytes = (size: number, seed = 1): Uint8Array => new Uint8Array(size).fill(seed)

/** Builds a DAG and says how the walker refuses it. */
function refused(make: (dag: Crafted) => CID): ContentFaultCode | undefined {
  const dag = new Crafted()
  return dag.walk(make(dag)).fault?.fault
}

describe('bombs', () => {
  test('309 kB that claim 41.8 PB', () => {
    const dag = new Crafted()
    let cid = dag.raw(bytes(256 * 1024))
    let size = 256n * 1024n
    for (let depth = 0; depth < 5; depth++) {
      const tsize = size < 2n ** 53n ? Number(size) : undefined
      cid = dag.file(Array(174).fill(link(cid, '', depth === 0 ? 262_144 : tsize)), Array(174).fill(size))
      size *= 174n
    }
    expect(dag.walk(cid).fault?.fault).toBe('share-too-large')
    expect(dag.walk(cid).walker.blocks).toBe(1)
  })

  test('tiny leaves, 174^5 of them', () => {
    const dag = new Crafted()
    let cid = dag.raw(bytes(1))
    let size = 1
    for (let depth = 0; depth < 5; depth++) {
      cid = dag.file(Array(174).fill(link(cid, '', depth === 0 ? 1 : size + 100)), Array(174).fill(size))
      size *= 174
    }
    expect(dag.walk(cid).fault?.fault).toBe('too-many-pieces')
  })

  test('four nested shards of 256 slots each, in little memory', () => {
    const dag = new Crafted()
    const leaf = dag.raw(bytes(1))
    const all = Array.from({ length: 256 }, (_, i) => i)
    let cid = dag.shard(all.map((i) => link(leaf, `${slot(i)}f${i}`, 1)))
    for (let level = 0; level < 3; level++) cid = dag.shard(all.map((i) => link(cid, slot(i), 1)))
    const before = memoryUsage().rss
    expect(dag.walk(cid).fault?.fault).toBe('too-many-entries')
    expect(memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
  })

  test('folders that repeat a folder', () => {
    expect(
      refused((dag) => {
        let cid = dag.folder([])
        for (let level = 0; level < 8; level++) {
          const below = cid
          cid = dag.folder(
            Array.from({ length: 60 }, (_, i) => link(below, `d${String(i).padStart(2, '0')}`, 1))
          )
        }
        return cid
      })
    ).toBe('too-many-entries')
  })

  test('nodes without a byte, repeated', () => {
    expect(
      refused((dag) => {
        const leaf = dag.raw(bytes(1))
        const none = dag.file([], [])
        const links = Array.from({ length: 5000 }, () => link(none, '', 6))
        let cid = dag.file([link(leaf, '', 1), ...links], [1, ...links.map(() => 0)])
        for (let size = 1; size < 4096; size *= 64)
          cid = dag.file(Array(64).fill(link(cid, '', 10 ** 6)), Array(64).fill(size))
        return cid
      })
    ).toBe('too-many-links')
  })

  test('inline bytes, repeated', () => {
    expect(
      refused((dag) => {
        let cid = dag.file([], [], bytes(100))
        let size = 100
        for (let level = 0; level < 4; level++) {
          cid = dag.file(Array(100).fill(link(cid, '', 10 ** 6)), Array(100).fill(size))
          size *= 100
        }
        return cid
      })
    ).toBe('too-many-links')
  })

  test('a chain of one link each', () => {
    expect(
      refused((dag) => {
        let cid = dag.raw(bytes(5))
        for (let level = 0; level < 40; level++)
          cid = dag.file([link(cid, '', level === 0 ? 5 : 10_000)], [5])
        return cid
      })
    ).toBe('too-deep')
  })

  test.each([
    [65, undefined],
    [66, 'too-deep']
  ] as const)('%d folders one in another', (depth, fault) => {
    expect(
      refused((dag) => {
        let cid = dag.folder([])
        for (let level = 1; level < depth; level++) cid = dag.folder([link(cid, 'd', 1)])
        return cid
      })
    ).toBe(fault)
  })

  test('an endless chain is not followed for long', () => {
    const dag = new Crafted()
    let cid = dag.raw(bytes(5))
    for (let level = 0; level < 5000; level++) cid = dag.file([link(cid, '', level === 0 ? 5 : 10 ** 6)], [5])
    const { walker, fault } = dag.walk(cid)
    expect(fault?.fault).toBe('too-deep')
    expect(walker.blocks).toBeLessThan(2200)
  })

  test('an index beyond 64 MiB', () => {
    const dag = new Crafted()
    const entries = Array.from({ length: 40 }, (_, i) =>
      link(dag.file([], [], bytes(1_900_000, i)), `f${i}`, 1_900_020)
    )
    expect(dag.walk(dag.folder(entries)).fault?.fault).toBe('index-too-large')
  })

  test('links of identity CIDs, as many as fit', () => {
    const none = identity(0x70, Uint8Array.of(0x0a, 2, 8, 1))
    const names = Array.from({ length: 60_000 }, (_, i) => link(none, String(i), 1))
    expect(refused((dag) => dag.folder(names.slice(0, 10)))).toBeUndefined()
    const dag = new Crafted()
    let cid = dag.folder(names)
    for (let i = 0; i < 2; i++) cid = dag.folder(Array.from({ length: 5 }, (_, k) => link(cid, `d${k}`, 1)))
    expect(dag.walk(cid).fault?.fault).toBe('too-many-entries')
  })
})

describe('lies about sizes', () => {
  const leafOf = (dag: Crafted): CID => dag.raw(bytes(10))
  test.each<[string, (dag: Crafted) => CID, ContentFaultCode]>([
    [
      'fewer sizes than links',
      (dag) => dag.file([link(leafOf(dag), '', 10), link(leafOf(dag), '', 10)], [10]),
      'bad-size'
    ],
    ['more sizes than links', (dag) => dag.file([link(leafOf(dag), '', 10)], [10, 10]), 'bad-size'],
    ['size and Tsize differ', (dag) => dag.file([link(leafOf(dag), '', 11)], [10]), 'bad-size'],
    [
      'leaf over 2 MiB',
      (dag) => dag.file([link(leafOf(dag), '', 2 ** 21 + 1)], [2 ** 21 + 1]),
      'block-too-large'
    ],
    ['leaf of no bytes that has some', (dag) => dag.file([link(leafOf(dag), '', 0)], [0]), 'bad-size'],
    ['empty leaf that claims bytes', (dag) => dag.file([link(dag.raw(bytes(0)), '', 5)], [5]), 'bad-size'],
    ['sum of 2^63', (dag) => dag.file([link(leafOf(dag), '', 10)], [2n ** 63n - 1n]), 'share-too-large'],
    [
      'sum above 4 TiB',
      (dag) => dag.file([link(leafOf(dag)), link(leafOf(dag))], [2 ** 42, 1]),
      'share-too-large'
    ],
    [
      'sum above 2^53',
      (dag) => dag.file(Array(3).fill(link(leafOf(dag))), Array(3).fill(2 ** 53 - 1)),
      'share-too-large'
    ],
    [
      'file size of 2^63',
      (dag) => dag.pb(Uint8Array.from([8, 2, 0x18, ...Array(9).fill(0xff), 0x7f])),
      'share-too-large'
    ],
    ['file size that differs', (dag) => dag.pb(Uint8Array.of(8, 2, 0x18, 9)), 'bad-size'],
    ['identity leaf of another size', (dag) => dag.file([link(identity(0x55, bytes(4)))], [5]), 'bad-size'],
    [
      'part of another size',
      (dag) => dag.file([link(dag.file([link(leafOf(dag), '', 10)], [10]), '', 99)], [11]),
      'bad-size'
    ],
    ['folder with a raw file of unknown size', (dag) => dag.folder([link(leafOf(dag), 'a')]), 'bad-size'],
    [
      'folder with an empty file that has bytes',
      (dag) => dag.folder([link(leafOf(dag), 'a', 0)]),
      'bad-size'
    ],
    [
      'file in parts of which one is a folder',
      (dag) => dag.file([link(dag.folder([]), '', 100)], [10]),
      'bad-block'
    ]
  ])('%s', (_, make, fault) => {
    expect(refused(make)).toBe(fault)
  })
})

describe('foreign CIDs', () => {
  const digest = createDigest(0x12, bytes(32))
  test.each<[string, CID]>([
    ['codec', CID.createV1(0x71, digest)],
    ['hash', CID.createV1(0x55, createDigest(0x13, bytes(64)))],
    ['short hash', CID.createV1(0x55, createDigest(0x12, bytes(20)))],
    ['long identity', identity(0x55, bytes(129))],
    ['identity of 1 MiB', identity(0x55, bytes(1 << 20))]
  ])('%s', (_, cid) => {
    expect(createWalker(cid)).toMatchObject({ done: false, wanted: 0, fault: { fault: 'unsupported-cid' } })
    expect(createWalker(cid).needed(9)).toEqual([])
    expect(() => createWalker(cid).layout()).toThrow()
    expect(refused((dag) => dag.folder([link(cid, 'a', 5)]))).toBe('unsupported-cid')
    expect(refused((dag) => dag.file([link(cid, '', 5)], [5]))).toBe('unsupported-cid')
    expect(layoutFromBlocks(cid, [])).toMatchObject({ fault: 'unsupported-cid' })
  })
})

describe('names and folders', () => {
  const named =
    (...names: string[]) =>
    (dag: Crafted): CID =>
      dag.folder(names.map((name) => link(dag.raw(bytes(1)), name, 1)))
  test.each(['../../etc/passwd', 'a/b', '..', '.', '', '/abs', '..\\x', 'C:', '~', 'a\0b'])(
    '%j is refused',
    (name) => {
      expect(refused(named(name))).toBe('bad-name')
      expect(refused((dag) => dag.shard([link(dag.raw(bytes(1)), `07${name}`, 1)]))).toBe(
        name === '' ? 'bad-folder' : 'bad-name'
      )
    }
  )

  test('an escape sequence is shown escaped', () => {
    const dag = new Crafted()
    expect(dag.walk(named('../\u001b[2J')(dag)).fault?.message).toContain('../\\u{1B}[2J')
  })

  test('invalid UTF-8 is refused', () => {
    const block = Uint8Array.from([
      0x12, 0x0b, 0x0a, 0x04, 1, 0x55, 0, 0, 0x12, 0x01, 0xff, 0x18, 0x00, 0x0a, 2, 8, 1
    ])
    const dag = new Crafted()
    const { fault } = dag.walk(dag.bytes(block))
    expect(fault).toEqual({ fault: 'bad-name', message: 'the name "\\xff" is not valid UTF-8' })
  })

  test('two entries of one name are refused, look-alikes are numbered', () => {
    expect(refused(named('a', 'a'))).toBe('bad-folder')
    const dag = new Crafted()
    const { walker } = dag.walk(named('A', 'CON', 'a')(dag))
    expect([...walker.layout().files].map((file) => file.diskPath)).toEqual([['A'], ['_CON'], ['a (2)']])
    expect([...walker.layout().files].map((file) => file.path)).toEqual([['A'], ['CON'], ['a']])
  })

  test('a path over 4096 bytes is refused', () => {
    expect(
      refused((dag) => {
        let cid = dag.folder([])
        for (let level = 0; level < 18; level++) cid = dag.folder([link(cid, 'n'.repeat(240), 1)])
        return cid
      })
    ).toBe('bad-name')
  })

  const leaf = identity(0x55, bytes(1))
  test.each<[string, (dag: Crafted) => CID]>([
    ['fanout 0', (dag) => dag.shard([], { fanout: 0n })],
    ['fanout 7', (dag) => dag.shard([], { fanout: 7n })],
    ['fanout 4', (dag) => dag.shard([], { fanout: 4n })],
    ['fanout 24', (dag) => dag.shard([], { fanout: 24n })],
    ['fanout 2048', (dag) => dag.shard([], { fanout: 2048n })],
    ['fanout 2^40', (dag) => dag.shard([], { fanout: 2n ** 40n })],
    ['other hash', (dag) => dag.shard([], { hashType: 0x12n })],
    ['bit field too long', (dag) => dag.shard([], { data: bytes(33, 0) })],
    ['bit without a link', (dag) => dag.shard([], { data: bytes(1) })],
    ['link without a bit', (dag) => dag.shard([link(leaf, '07a')], { data: bytes(0) })],
    ['link with another bit', (dag) => dag.shard([link(leaf, '07a')], { data: Uint8Array.of(1) })],
    [
      'slot used twice',
      (dag) => dag.shard([link(leaf, '07a'), link(leaf, '07b')], { data: Uint8Array.of(0x81) })
    ],
    ['prefix not hex', (dag) => dag.shard([link(leaf, '0ga')], { data: Uint8Array.of(1) })],
    ['prefix in lower case', (dag) => dag.shard([link(leaf, '0aa')], { data: Uint8Array.of(4, 0) })],
    ['prefix missing', (dag) => dag.shard([link(leaf, '7')], { data: Uint8Array.of(128) })],
    [
      'prefix beyond the fanout',
      (dag) => dag.shard([link(leaf, '9a')], { fanout: 8n, data: Uint8Array.of(2) })
    ],
    ['leaf instead of a shard', (dag) => dag.shard([link(leaf, '07')])],
    ['folder instead of a shard', (dag) => dag.shard([link(dag.folder([]), '07', 1)])],
    [
      'shard of another fanout',
      (dag) => dag.shard([link(dag.shard([], { fanout: 16n, data: bytes(0) }), '07', 1)])
    ]
  ])('HAMT: %s', (_, make) => {
    expect(refused(make)).toBe('bad-folder')
  })
})

describe('malformed blocks', () => {
  test.each<[string, number[]]>([
    ['nothing', []],
    ['no data', [0x12, 0]],
    ['data twice', [0x0a, 2, 8, 1, 0x0a, 2, 8, 1]],
    ['length beyond the block', [0x0a, 0x7f, 8, 1]],
    ['length of 2^63', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['over-long number', [0x0a, ...Array(11).fill(0x80)]],
    ['unknown field', [0x1a, 0, 0x0a, 2, 8, 1]],
    ['link without a CID', [0x12, 2, 0x12, 0, 0x0a, 2, 8, 1]],
    ['link of junk', [0x12, 4, 0x0a, 2, 9, 9, 0x0a, 2, 8, 1]],
    ['UnixFS without a type', [0x0a, 2, 0x18, 1]],
    ['UnixFS type 3', [0x0a, 2, 8, 3]],
    ['UnixFS type 99', [0x0a, 2, 8, 99]],
    ['UnixFS size twice', [0x0a, 6, 8, 2, 0x18, 0, 0x18, 0]],
    ['UnixFS field 0', [0x0a, 4, 8, 2, 0, 0]],
    ['UnixFS group', [0x0a, 3, 8, 2, 0x4b]],
    ['too many unknown fields', [0x0a, 22, 8, 2, ...Array(10).fill([0x78, 0]).flat()]]
  ])('%s', (_, block) => {
    const dag = new Crafted()
    expect(dag.walk(dag.bytes(Uint8Array.from(block))).fault?.fault).toBe('bad-block')
  })

  test('a block over 2 MiB', () => {
    const dag = new Crafted()
    const cid = dag.bytes(bytes(2 ** 21 + 1))
    expect(dag.walk(cid).fault?.fault).toBe('block-too-large')
    expect(verifyBlock(cid, bytes(2 ** 21 + 1), sha256)?.fault).toBe('block-too-large')
    const raw = dag.raw(bytes(2 ** 21 + 1))
    expect(dag.walk(raw).fault?.fault).toBe('block-too-large')
  })

  test('another block than the CID names', () => {
    const dag = new Crafted()
    expect(verifyBlock(dag.raw(bytes(5)), bytes(6), sha256)?.fault).toBe('hash-mismatch')
    expect(verifyBlock(dag.raw(bytes(5)), bytes(5), sha256)).toBeUndefined()
    expect(verifyBlock(identity(0x55, bytes(5)), bytes(6), sha256)?.fault).toBe('hash-mismatch')
  })

  test('a symbolic link as the root', () => {
    const symlink = new UnixFS({ type: 'symlink', data: bytes(5) }).marshal()
    expect(refused((dag) => dag.pb(symlink))).toBe('unsupported-root')
  })

  test('a block nobody asked for changes nothing', () => {
    const dag = new Crafted()
    const root = dag.folder([link(dag.folder([]), 'a', 4)])
    const walker = createWalker(root)
    const stray = dag.folder([link(dag.raw(bytes(1)), '..', 1)])
    expect(walker.supply(stray, dag.blocks.get(hex(stray.multihash.digest)) as Uint8Array)).toBeUndefined()
    expect(walker).toMatchObject({ wanted: 1, blocks: 0, done: false, fault: undefined })
    expect(() => walker.layout()).toThrow(/not complete/)
  })

  test('an inner node dressed up as a leaf is refused when it arrives', () => {
    const dag = new Crafted()
    const inner = dag.file([link(identity(0x55, bytes(3)))], [3])
    const block = dag.blocks.get(hex(inner.multihash.digest)) as Uint8Array
    expect(block.byteLength - 3).toBeLessThanOrEqual(32)
    const { walker } = dag.walk(dag.file([link(inner, '', block.byteLength)], [3]))
    expect(walker.layout()).toMatchObject({ pieceCount: 1 })
    expect(unwrapLeaf(block, 3)).toMatchObject({ fault: 'bad-block' })
    expect(unwrapLeaf(bytes(10), 3)).toMatchObject({ fault: 'bad-block' })
  })

  test('a kept index with a block missing', () => {
    const dag = new Crafted()
    const root = dag.folder([link(dag.folder([]), 'a', 4)])
    const data = dag.blocks.get(hex(root.multihash.digest)) as Uint8Array
    expect(layoutFromBlocks(root, [{ cid: root, data }])).toMatchObject({ fault: 'index-incomplete' })
    expect(layoutFromBlocks(root, [])).toMatchObject({ fault: 'index-incomplete' })
  })
})

const sample = await referenceImport(
  [
    { path: ['large'], content: { size: 700_000, seed: 7 } },
    { path: ['h', 'small'], content: { size: 100, seed: 8 } },
    { path: ['h', 'other'], content: { size: 5, seed: 9 } },
    { path: ['none'] }
  ],
  { profile: 'unixfs-v0-2015', shardSplitThresholdBytes: 60 }
)
const indexBlocks = createIndex()

/** The index blocks of the sample, which mutations start from. */
function createIndex(): Uint8Array[] {
  const walker = createWalker(sample.root)
  for (let cid = walker.needed(1)[0]; cid !== undefined; cid = walker.needed(1)[0]) {
    walker.supply(cid, sample.blocks.get(hex(cid.multihash.digest)) as Uint8Array)
  }
  return walker.layout().indexBlocks.map((block) => block.data)
}

const mutation = fc.record({
  block: fc.nat(),
  edits: fc.array(
    fc.record({
      at: fc.nat(),
      value: fc.nat(255),
      remove: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 4 })
    }),
    { minLength: 1, maxLength: 4 }
  )
})

property.prop([mutation], { numRuns: 2000 })(
  'mutated blocks are refused or read, never more',
  ({ block, edits }) => {
    const original = indexBlocks[block % indexBlocks.length] as Uint8Array
    let changed = [...original]
    for (const { at, value, remove, insert } of edits) {
      const i = at % (changed.length + 1)
      changed = [...changed.slice(0, i), value, ...insert, ...changed.slice(i + remove)]
    }
    const dag = new Crafted()
    const root = dag.bytes(Uint8Array.from(changed))
    const walker = createWalker(root)
    for (let step = 0; step < 50 && !walker.done && walker.fault === undefined; step++) {
      for (const cid of walker.needed(50)) {
        const data = dag.blocks.get(hex(cid.multihash.digest)) ?? sample.blocks.get(hex(cid.multihash.digest))
        if (data !== undefined) walker.supply(cid, data)
      }
    }
    if (!walker.done) return
    const layout = walker.layout()
    let covered = 0
    for (const file of layout.files) {
      covered += file.inline.reduce((sum, extent) => sum + extent.data.byteLength, 0)
      for (let i = 0; i < file.pieceCount; i++) covered += layout.dataSize((file.firstPiece + i) as never)
    }
    expect(covered).toBe(layout.size)
  }
)

property.prop([fc.uint8Array({ maxLength: 300 }), fc.option(fc.nat(300), { nil: undefined })], {
  numRuns: 2000
})('random bytes never throw', (data, size) => {
  const dag = new Crafted()
  dag.walk(dag.bytes(data.slice(0, 60)))
  const leaf = unwrapLeaf(data, size)
  if (!isContentFault(leaf)) expect(leaf.data.byteLength).toBe(size ?? leaf.data.byteLength)
})
