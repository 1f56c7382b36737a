import { fc, test as property } from '@fast-check/vitest'
import { isShareError, type Bytes } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import {
  checkName,
  createShareBuilder,
  layoutFromBlocks,
  PIECE_SIZE,
  type ShareBuilder
} from '../src/index.ts'
import { build, plain, referenceImport, sha256, type TreeEntry, walk } from './reference-import.ts'

const builder = (): ShareBuilder => createShareBuilder({ sha256 })
const digest = (seed: number): Uint8Array => new Uint8Array(32).fill(seed)

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isShareError(error)) return error.code
    throw error
  }
  return 'no error'
}

/** Small trees: a name is a file (its size) or a folder. */
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
  .filter((text) => checkName(text) === undefined)
const tree = fc
  .dictionary(
    fc.array(name, { minLength: 1, maxLength: 4 }).map((path) => path.join('/')),
    fc.integer({ min: 0, max: 5000 }),
    { maxKeys: 25, noNullPrototype: true }
  )
  .map((files): TreeEntry[] => {
    const paths = Object.keys(files)
    const isFolder = (path: string): boolean => paths.some((other) => other.startsWith(`${path}/`))
    return paths
      .filter((path) => !isFolder(path))
      .map((path, i) => ({ path: path.split('/'), content: { size: files[path] ?? 0, seed: i + 1 } }))
  })
  .filter((entries) => entries.length > 0)

property.prop([tree, fc.integer({ min: 1, max: 9 })], { numRuns: 60 })(
  'any tree: the DAG of the reference, and the layout that the walker reads from it',
  async (entries, batch) => {
    const reference = await referenceImport(entries)
    const layout = build(entries)
    expect(layout.root.toString()).toBe(reference.root.toString())
    expect(plain(walk(reference.root, reference.blocks, batch))).toEqual(plain(layout))
  }
)

describe('the layout', () => {
  const layout = build([
    { path: ['b'], content: { size: 2 * PIECE_SIZE + 5, seed: 2 } },
    { path: ['a', 'x:y'], content: { size: 7, seed: 3 } },
    { path: ['a', 'none'] },
    { path: ['c'], content: { size: 0, seed: 1 } }
  ])

  test('comes in the order of the DAG', () => {
    expect(layout).toMatchObject({ kind: 'folder', size: 2 * PIECE_SIZE + 12, pieceCount: 4 })
    expect([...layout.skipped]).toEqual([])
    expect(
      [...layout.files].map((file) => [file.path.join('/'), file.firstPiece, file.pieceCount, file.size])
    ).toEqual([
      ['a/x:y', 0, 1, 7],
      ['b', 1, 3, 2 * PIECE_SIZE + 5],
      ['c', 4, 0, 0]
    ])
    expect(layout.files.at(0)?.diskPath).toEqual(['a', 'x%3Ay'])
    expect([...layout.folders].map((folder) => folder.path)).toEqual([['a'], ['a', 'none']])
  })

  test('says of each piece whose it is and where', () => {
    const facts = [0, 1, 2, 3].map((i) => {
      const piece = i as Parameters<typeof layout.fileOf>[0]
      return [
        layout.fileOf(piece),
        layout.fileOffset(piece),
        layout.blockSize(piece),
        layout.isWrapped(piece)
      ]
    })
    expect(facts).toEqual([
      [0, 0, 7, false],
      [1, 0, PIECE_SIZE, false],
      [1, PIECE_SIZE, PIECE_SIZE, false],
      [1, 2 * PIECE_SIZE, 5, false]
    ])
  })
})

describe('what the builder refuses', () => {
  test.each(['..', '', 'a/b', 'a\\b', 'a\0', '\ud800'])('the name %j', (bad) => {
    expect(code(() => builder().file([bad]))).toBe('content.bad-name')
    expect(code(() => builder().folder(['a', bad, 'c']))).toBe('content.bad-name')
  })

  test('folders nested too deep', () => {
    const path = Array.from({ length: 64 }, () => 'd')
    expect(code(() => builder().folder(path))).toBe('no error')
    expect(code(() => builder().file([...path, 'f']))).toBe('no error')
    expect(code(() => builder().folder([...path, 'd']))).toBe('content.too-deep')
  })

  test('paths over 4096 bytes', () => {
    const share = builder()
    share.folder(Array.from({ length: 20 }, () => 'n'.repeat(250)))
    expect(code(() => share.finish())).toBe('content.bad-name')
  })

  test('more than 64 MiB of index, before it is built', () => {
    const share = builder()
    const file = share.file(['huge'])
    const fill = (): void => {
      for (let i = 0; i < 2 ** 21; i++) {
        const unique = new Uint8Array(32)
        new DataView(unique.buffer).setUint32(0, i)
        file.addPiece(unique, PIECE_SIZE)
      }
    }
    expect(code(fill)).toBe('content.index-too-large')
  })

  test('wrong use', () => {
    const misuses: ((share: ShareBuilder) => unknown)[] = [
      (share) => share.finish(),
      (share) => [share.file(['a']), share.finish()],
      (share) => [share.file(['a']).finish(), share.file(['a'])],
      (share) => [share.file(['a']).finish(), share.file(['a', 'b'])],
      (share) => [share.file([]).finish(), share.file(['a'])],
      (share) => [share.folder([]), share.file([])],
      (share) => share.file(['a']).addPiece(digest(1), 0),
      (share) => share.file(['a']).addPiece(digest(1), PIECE_SIZE + 1),
      (share) => share.file(['a']).addPiece(digest(1).subarray(1), 5),
      (share) => share.file(['a']).addPiece(sha256(new Uint8Array(0)), 5),
      (share) => {
        const file = share.file(['a'])
        file.addPiece(digest(1), 5)
        file.addPiece(digest(2), 5)
      },
      (share) => {
        const file = share.file(['a'])
        file.finish()
        file.finish()
      }
    ]
    for (const misuse of misuses) expect(code(() => misuse(builder()))).toBe('base.invariant')
  })
})

test('the digest of a piece may be changed after the call', () => {
  const reused = digest(1)
  const share = builder()
  const file = share.file([])
  file.addPiece(reused, PIECE_SIZE)
  reused.fill(2)
  file.addPiece(reused, 9)
  file.finish()
  const layout = share.finish()
  expect(layout.digest(0 as never)).toEqual(digest(1))
  expect(layout.digest(1 as never)).toEqual(digest(2))
  expect(layout.size satisfies Bytes).toBe(PIECE_SIZE + 9)
})

test('an index of 200,000 pieces takes under 60 bytes a piece and lays out again', () => {
  const share = builder()
  const file = share.file(['large'])
  const unique = new Uint8Array(32)
  for (let i = 0; i < 200_000; i++) {
    new DataView(unique.buffer).setUint32(0, i)
    file.addPiece(unique, PIECE_SIZE)
  }
  file.finish()
  const layout = share.finish()
  expect(layout.pieceCount).toBe(200_000)
  expect(layout.indexBlocks.reduce((sum, block) => sum + block.data.byteLength, 0) / 200_000).toBeLessThan(60)
  const again = layoutFromBlocks(layout.root, layout.indexBlocks)
  expect(again).toMatchObject({ pieceCount: 200_000, size: layout.size })
})
