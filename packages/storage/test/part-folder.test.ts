import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MiB, pieceIndex } from '@p2pshare/base'
import { createShareBuilder } from '@p2pshare/content'
import type { PieceStore } from '@p2pshare/ports'
import { type SampleShare, sampleRecord, sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forgetOtherPart, otherPartPath, switchPart } from '../src/store/part-place.ts'
import { type SmallDisk, smallDisk } from './harness/small-disk.ts'
import { type StoreBench, storeBench } from './harness/store-bench.ts'

const FILE = sampleShare({ seed: 1, pieceSize: 64 * 1024, files: [{ size: MiB + 5 }] })
const FOLDER = sampleShare({
  seed: 2,
  files: [
    { path: ['a', 'deep.bin'], size: 3000 },
    { path: ['empty'], size: 0 },
    { path: ['inline'], size: 20, inline: true },
    { path: ['b'], size: 1025 }
  ],
  folders: [['empty folder']]
})
const WRAPPED = sampleShare({ seed: 4, wrapped: true, files: [{ size: 4000 }] })
const HOLLOW = sampleShare({ seed: 5, files: [{ path: ['empty'], size: 0 }] })
const SHARES = { 'a file': FILE, 'a folder': FOLDER, 'wrapped leaves': WRAPPED, 'nothing but names': HOLLOW }

async function writeAll(store: PieceStore, { layout, block }: SampleShare): Promise<void> {
  for (let p = 0; p < layout.pieceCount; p++) await store.write(pieceIndex(p), block(pieceIndex(p)))
}

let bench: StoreBench
let parts: string
afterEach(() => bench.dispose())

function expectContent(share: SampleShare, root: string): void {
  for (const [i, { diskPath }] of [...share.layout.files].entries())
    expect(readFileSync(join(root, ...diskPath)).equals(share.file(i)), diskPath.join('/')).toBe(true)
}

describe('a part folder', () => {
  let folder: string | undefined
  beforeEach(() => {
    bench = storeBench({ partFolder: () => folder })
    parts = join(bench.folder, 'parts')
    mkdirSync(parts)
    folder = parts
  })

  it('holds downloads until they are whole; two of one name do not meet', async () => {
    const store = await bench.fetch(FILE)
    mkdirSync(join(bench.folder, 'other'))
    const second = await bench.fetch(FOLDER, 'other/target')
    await store.write(pieceIndex(1), FILE.block(pieceIndex(1)))
    await second.write(pieceIndex(0), FOLDER.block(pieceIndex(0)))
    expect(readdirSync(parts)).toEqual(['.target.2.p2pshare-part', '.target.p2pshare-part'])
    expect(readdirSync(bench.folder)).toEqual(['other', 'parts'])
    await writeAll(store, FILE)
    expect(await store.finish()).toBe(join(bench.folder, 'target'))
    expectContent(FILE, join(bench.folder, 'target'))
    expect(readdirSync(parts)).toEqual(['.target.2.p2pshare-part'])
  })

  it('does not hold what goes on from a copy at the target, which could not be renamed to it', async () => {
    const target = join(bench.folder, 'target')
    writeFileSync(target, FILE.file(0).subarray(0, 2 * 64 * 1024))
    await bench.files.checkTarget(target, { force: false, adopt: true })
    const { size, pieceCount } = FILE.layout
    const place = { path: target, partPath: undefined, size, pieces: pieceCount }
    bench.catalogue.putShare(sampleRecord(FILE.cid, place))
    const store = await bench.open(FILE)
    expect([...store.have.ones()]).toEqual([0, 1])
    expect(readdirSync(parts)).toEqual([])
    await writeAll(store, FILE)
    expect(await store.finish()).toBe(target)
    expectContent(FILE, target)
  })

  it('that is chosen later counts for new downloads; one that runs stays where it is', async () => {
    folder = undefined
    const store = await bench.fetch(FILE)
    await store.write(pieceIndex(3), FILE.block(pieceIndex(3)))
    await store.close()
    folder = parts
    bench.restart()
    const again = await bench.open(FILE)
    expect([...again.have.ones()]).toEqual([3])
    expect(readdirSync(bench.folder)).toEqual(['.target.p2pshare-part', 'parts'])
  })

  it('that is not there is not made', async () => {
    folder = join(bench.folder, 'gone', 'parts')
    await expect(bench.fetch(FILE)).rejects.toMatchObject({
      code: 'storage.missing',
      detail: { path: folder }
    })
    expect(existsSync(join(bench.folder, 'gone'))).toBe(false)
  })

  it('is cleaned when the share is removed', async () => {
    const store = await bench.fetch(FILE)
    await store.write(pieceIndex(1), FILE.block(pieceIndex(1)))
    await store.close()
    await bench.files.remove(FILE.cid, FILE.layout, { content: false })
    expect(readdirSync(parts)).toEqual([])
  })
})

describe('a part folder on another disk', () => {
  let disk: SmallDisk | string
  beforeEach(() => {
    disk = smallDisk('size=8m')
    parts = typeof disk === 'string' ? '' : disk.path
    bench = storeBench({ partFolder: () => parts })
  })
  afterEach(() => {
    if (typeof disk !== 'string') disk.dispose()
  })
  const target = (): string => join(bench.folder, 'target')
  const skipIfNone = (skip: (why: string) => void): void => {
    if (typeof disk === 'string') skip(disk)
  }

  it('chosen files have their names with the last of the share, not before', async ({ skip }) => {
    skipIfNone(skip)
    const store = await bench.fetch(FOLDER)
    for (let p = 0; p < FOLDER.layout.pieceCount; p++)
      if (FOLDER.layout.fileOf(pieceIndex(p)) === 0)
        await store.write(pieceIndex(p), FOLDER.block(pieceIndex(p)))
    await store.place([0])
    expect(existsSync(target())).toBe(false)
    expect([...store.have.ones()].length).toBeGreaterThan(0)
    await writeAll(store, FOLDER)
    expect(await store.finish()).toBe(target())
    expectContent(FOLDER, target())
  })

  for (const [what, share] of Object.entries(SHARES)) {
    it(`${what} is copied to the disk of the target, and read from there as it is`, async ({ skip }) => {
      skipIfNone(skip)
      const store = await bench.fetch(share)
      await writeAll(store, share)
      const seen: number[] = []
      await store.bringHome((done, total) => seen.push(done / total))
      expect(seen.length).toBe(share.layout.pieceCount)
      if (seen.length > 0) expect(seen.at(-1)).toBe(1)
      expect(readdirSync(parts)).toEqual([])
      expect(await store.finish()).toBe(target())
      if (share.layout.kind === 'folder') expectContent(share, target())
      else expect(readFileSync(target()).equals(share.file(0))).toBe(true)
      expect(readdirSync(bench.folder)).toEqual(['target'])
      await store.close()
      bench.restart()
      const before = bench.hashes()
      expect((await bench.open(share)).have.isFull).toBe(true)
      expect(bench.hashes()).toBe(before)
    })
  }

  it('a stop in the middle of the copy leaves the download whole; the next start clears the rest away', async ({
    skip
  }) => {
    skipIfNone(skip)
    const store = await bench.fetch(FILE)
    await writeAll(store, FILE)
    let closing: Promise<void> | undefined
    const copying = store.bringHome((done) => {
      if (done === 3) closing = store.close()
    })
    await expect(copying).rejects.toMatchObject({ code: 'storage.write-failed' })
    await closing
    expect(readdirSync(bench.folder)).toEqual(['.target.p2pshare-part'])
    bench.restart()
    const again = await bench.open(FILE)
    expect(again.have.isFull).toBe(true)
    expect([readdirSync(bench.folder), readdirSync(parts)]).toEqual([[], ['.target.p2pshare-part']])
    await again.finish()
    expectContent(FILE, target())
  })

  it('a kill after the copy counts, before the old one is gone and before the rename', async ({ skip }) => {
    skipIfNone(skip)
    const store = await bench.fetch(FILE)
    await writeAll(store, FILE)
    await store.bringHome()
    // As if the process had ended before it could remove what was copied.
    const old = join(parts, '.target.p2pshare-part')
    writeFileSync(old, 'copied')
    switchPart(bench.catalogue, FILE.cid, { from: old, to: join(bench.folder, '.target.p2pshare-part') })
    await store.close()
    bench.restart()
    const again = await bench.open(FILE)
    expect([again.have.isFull, otherPartPath(bench.catalogue, FILE.cid)]).toEqual([true, undefined])
    expect(readdirSync(parts)).toEqual([])
    await again.finish()
    expectContent(FILE, target())
    forgetOtherPart(bench.catalogue, FILE.cid)
  })

  for (const [what, share] of [['a file', FILE] as const, ['a folder', FOLDER] as const])
    it(`that is unmounted before ${what} has its first byte: nothing is made in its place`, async ({
      skip
    }) => {
      if (typeof disk === 'string') return skip(disk)
      const store = await bench.fetch(share)
      disk.unmount()
      const piece = pieceIndex(0)
      await expect(store.write(piece, share.block(piece))).rejects.toMatchObject({ code: 'storage.missing' })
      expect(readdirSync(parts)).toEqual([])
    })

  it('bytes that are not right any more are not carried on', async ({ skip }) => {
    skipIfNone(skip)
    const store = await bench.fetch(FILE)
    await writeAll(store, FILE)
    await store.flush()
    writeFileSync(join(parts, '.target.p2pshare-part'), 'x', { flag: 'r+' })
    await expect(store.finish()).rejects.toMatchObject({ code: 'storage.changed' })
    expect(existsSync(target())).toBe(false)
  })

  it('a target without room waits, and nothing of it is lost', async ({ skip }) => {
    skipIfNone(skip)
    const small = smallDisk('size=512k')
    if (typeof small === 'string') return skip(small)
    try {
      bench.catalogue.putShare(
        sampleRecord(FILE.cid, {
          ...{ path: join(small.path, 'film'), partPath: undefined },
          ...{ size: FILE.layout.size, pieces: FILE.layout.pieceCount }
        })
      )
      const store = await bench.open(FILE)
      await writeAll(store, FILE)
      await expect(store.finish()).rejects.toMatchObject({ code: 'storage.disk-full' })
      expect(readdirSync(small.path)).toEqual([])
      expect(store.have.isFull).toBe(true)
    } finally {
      small.dispose()
    }
  })
})

it('a fresh fetch of 1 GiB takes no more of the disk than what came', async () => {
  bench = storeBench()
  const block = new Uint8Array(MiB).fill(7)
  const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())
  const builder = createShareBuilder({ sha256 })
  const file = builder.file([])
  const digest = sha256(block)
  for (let i = 0; i < 1024; i++) file.addPiece(digest, MiB)
  file.finish()
  const layout = builder.finish()
  const cid = layout.root.toString()
  bench.catalogue.putShare(
    sampleRecord(cid, {
      path: join(bench.folder, 'target'),
      partPath: undefined,
      size: layout.size,
      pieces: 1024
    })
  )
  const store = await bench.open({ cid, layout })
  await store.write(pieceIndex(1023), block)
  await store.flush()
  const { size, blocks } = statSync(join(bench.folder, '.target.p2pshare-part'))
  expect(size).toBe(1024 * MiB)
  expect(blocks * 512).toBeLessThan(2 * MiB)
})
