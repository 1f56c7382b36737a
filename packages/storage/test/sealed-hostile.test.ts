import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pieceIndex } from '@p2pshare/base'
import {
  createShareBuilder,
  encodeManifest,
  type ManifestEntry,
  PIECE_SIZE,
  PLAIN_PER_BLOCK,
  type ShareLayout
} from '@p2pshare/content'
import type { PieceStore } from '@p2pshare/ports'
import { sampleRecord } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentKey, keyCheck, sealBlock } from '../src/sealed/seal.ts'
import { type StoreBench, storeBench } from './harness/store-bench.ts'

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i)
const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()

/** A share that its maker made of whatever blocks; each has the hash that the index names. */
interface Made {
  readonly layout: ShareLayout
  readonly blocks: readonly Uint8Array[]
}

function shareOf(blocks: readonly Uint8Array[]): Made {
  const builder = createShareBuilder({ sha256 })
  const file = builder.file([])
  for (const block of blocks) file.addPiece(sha256(block), block.byteLength)
  file.finish()
  return { layout: builder.finish(), blocks }
}

/** Plain bytes in so many blocks, sealed as they should be. @param places - the order in which they lie then */
function sealed(plain: Uint8Array, count: number, places = [...Array(count).keys()]): Uint8Array[] {
  return places.map((place) => {
    const block = new Uint8Array(PIECE_SIZE)
    block.set(plain.subarray(place * PLAIN_PER_BLOCK, (place + 1) * PLAIN_PER_BLOCK))
    sealBlock(contentKey(SECRET), place, block)
    return block
  })
}

function plainOf(entries: readonly ManifestEntry[], name = 'gift'): Uint8Array {
  const manifest = encodeManifest({ name, entries })
  const size = entries.reduce((sum, entry) => sum + entry.size, manifest.byteLength)
  const plain = new Uint8Array(size).fill(7)
  plain.set(manifest)
  return plain
}

const file = (name: string, size: number, depth = 0): ManifestEntry => ({ kind: 'file', depth, name, size })
const folder = (name: string, depth = 0): ManifestEntry => ({ kind: 'folder', depth, name, size: 0 })

describe('a private share whose maker is hostile', () => {
  let bench: StoreBench
  beforeEach(() => {
    bench = storeBench()
    // What is beside the target must stay as it is.
    writeFileSync(join(bench.folder, 'mine'), 'mine')
  })
  afterEach(() => bench.dispose())

  async function download({ layout, blocks }: Made): Promise<PieceStore> {
    const cid = layout.root.toString()
    const sizes = { size: layout.size, pieces: layout.pieceCount }
    mkdirSync(join(bench.folder, 'into'), { recursive: true })
    const path = join(bench.folder, 'into', cid)
    bench.catalogue.putShare(sampleRecord(cid, { name: cid, path, partPath: undefined, ...sizes }))
    bench.files.takeKey(cid, { secret: SECRET, check: keyCheck(SECRET, cid) })()
    const store = await bench.open({ cid, layout })
    for (const [piece, block] of blocks.entries()) await store.write(pieceIndex(piece), block)
    return store
  }

  /** Finishing fails, no plain file has its name, and removing the share leaves nothing. */
  async function refused(made: Made, code: string): Promise<void> {
    const store = await download(made)
    await expect(store.finish()).rejects.toMatchObject({ code })
    for (const name of readdirSync(join(bench.folder, 'into'))) expect(name).toMatch(/\.p2pshare-part$/)
    expect(bench.catalogue.share(made.layout.root.toString())?.complete).toBe(false)
    await store.close()
    await bench.files.remove(made.layout.root.toString(), made.layout, { content: true })
    expect(readdirSync(join(bench.folder, 'into'))).toEqual([])
    expect(readdirSync(bench.folder).sort()).toEqual(['into', 'mine'])
  }

  const good = plainOf([folder('a'), file('b', 3 * PLAIN_PER_BLOCK, 1)])

  it('is opened where it is sound', async () => {
    const store = await download(shareOf(sealed(good, 4)))
    await store.finish()
    expect(readdirSync(join(bench.folder, 'into'), { recursive: true }).map(String).sort()).toEqual([
      'gift',
      join('gift', 'a'),
      join('gift', 'a', 'b')
    ])
  })

  it('is refused with blocks in another order, of another share, or with a bit flipped in the last', async () => {
    await refused(shareOf(sealed(good, 4, [0, 2, 1, 3])), 'content.wrong-key')
    const foreign = sealed(good, 4)
    const other = new Uint8Array(PIECE_SIZE)
    sealBlock(contentKey(new Uint8Array(32)), 2, other)
    await refused(shareOf([...foreign.slice(0, 2), other, ...foreign.slice(3)]), 'content.wrong-key')
    const flipped = sealed(good, 4)
    const last = flipped[3]
    if (last !== undefined) last[99] = (last[99] ?? 0) ^ 1
    await refused(shareOf(flipped), 'content.wrong-key')
  })

  it('is refused cut off, too long, or with the manifest of another share before its blocks', async () => {
    await refused(shareOf(sealed(good, 3)), 'content.wrong-key')
    await refused(shareOf(sealed(good, 5)), 'content.wrong-key')
    const small = sealed(plainOf([file('b', 5)]), 1)
    await refused(shareOf([...small, ...sealed(good, 4).slice(1)]), 'content.wrong-key')
  })

  it('is refused with names that lead out, and with a manifest that is not sound', async () => {
    for (const name of ['..', '.', 'a/b', 'a\\b', '\0', '/etc'])
      await refused(shareOf(sealed(plainOf([file(name, 1)]), 1)), 'content.bad-name')
    await refused(shareOf(sealed(plainOf([file('x', 1)], '../gift'), 1)), 'content.bad-name')
    await refused(shareOf(sealed(plainOf([file('x', 1, 3)]), 1)), 'content.bad-block')
    const twice = plainOf([file('x', 1), file('x', 1)])
    await refused(shareOf(sealed(twice, 1)), 'content.bad-folder')
    const claims = plainOf([file('x', 1)])
    // 4 GiB of names in a share of a megabyte.
    claims.set([255, 255, 255, 255], 4)
    await refused(shareOf(sealed(claims, 1)), 'content.index-too-large')
  })
})
