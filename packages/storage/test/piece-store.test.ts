import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Bitfield, bytes, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { PieceStore } from '@p2pshare/ports'
import { MemoryPieceStore, pieceStoreSuite, type SampleShare, sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StoreBench, storeBench } from './harness/store-bench.ts'

pieceStoreSuite('in memory', async (share) => {
  const disk = new Map<PieceIndex, Uint8Array>()
  return {
    store: new MemoryPieceStore(share.layout, { disk }),
    reopen: async () => new MemoryPieceStore(share.layout, { disk }),
    dispose: async () => undefined
  }
})

pieceStoreSuite('on disk', async (share) => {
  const bench = storeBench({ openFiles: 2 })
  return { store: await bench.fetch(share), reopen: () => bench.open(share), dispose: bench.dispose }
})

const FILE = sampleShare({ seed: 1, files: [{ size: 10 * 1024 + 1 }] })
const FOLDER = sampleShare({
  seed: 2,
  files: [
    { path: ['a', 'b', 'deep.bin'], size: 3000 },
    { path: ['empty file'], size: 0 },
    { path: ['inline'], size: 20, inline: true },
    { path: ['ünïcödé 🎉'], size: 1025 }
  ],
  folders: [['empty folder'], ['a', 'also empty']]
})

const piecesOf = (share: SampleShare): PieceIndex[] =>
  Array.from({ length: share.layout.pieceCount }, (_, i) => pieceIndex(i))

async function writeAll(store: PieceStore, share: SampleShare): Promise<void> {
  for (const piece of piecesOf(share)) await store.write(piece, share.block(piece))
}

async function readBlock(store: PieceStore, share: SampleShare, piece: number): Promise<Uint8Array> {
  const p = pieceIndex(piece)
  return Uint8Array.from(await store.read(p, bytes(0), share.layout.blockSize(p)))
}

describe('a download', () => {
  let bench: StoreBench
  beforeEach(() => {
    bench = storeBench()
  })
  afterEach(() => bench.dispose())

  it('lies under a hidden name until it is whole', async () => {
    const store = await bench.fetch(FILE)
    await store.write(pieceIndex(3), FILE.block(pieceIndex(3)))
    expect(await readdir(bench.folder)).toEqual(['.target.p2pshare-part'])
    expect(statSync(join(bench.folder, '.target.p2pshare-part')).size).toBe(FILE.layout.size)
    await writeAll(store, FILE)
    expect(await store.finish()).toBe(join(bench.folder, 'target'))
    expect(await readdir(bench.folder)).toEqual(['target'])
    expect(readFileSync(join(bench.folder, 'target'))).toEqual(Buffer.from(FILE.file(0)))
    expect(statSync(join(bench.folder, 'target')).mode & 0o111).toBe(0)
    expect(bench.catalogue.share(FILE.cid)).toMatchObject({ complete: true, partPath: undefined })
  })

  it('of a folder brings empty files, empty folders and inline bytes', async () => {
    const store = await bench.fetch(FOLDER)
    await writeAll(store, FOLDER)
    await store.finish()
    const target = join(bench.folder, 'target')
    for (const [index, file] of FOLDER.layout.files.entries()) {
      expect(readFileSync(join(target, ...file.path))).toEqual(Buffer.from(FOLDER.file(index)))
    }
    const found = (await readdir(target, { recursive: true })).sort()
    expect(found).toEqual(
      [
        'a',
        'a/also empty',
        'a/b',
        'a/b/deep.bin',
        'empty file',
        'empty folder',
        'inline',
        'ünïcödé 🎉'
      ].sort()
    )
    expect(await readdir(bench.folder)).toEqual(['target'])
  })

  it('of an empty file is finished without a piece', async () => {
    const empty = sampleShare({ seed: 3, files: [{ size: 0 }] })
    const store = await bench.fetch(empty)
    await store.finish()
    expect(statSync(join(bench.folder, 'target')).size).toBe(0)
  })

  it('is marked 2 s after a write, not before', async () => {
    const store = await bench.fetch(FILE)
    await store.write(pieceIndex(0), FILE.block(pieceIndex(0)))
    bench.clock.advance(1999)
    await store.read(pieceIndex(0), bytes(0), bytes(1))
    expect(bench.catalogue.have(FILE.cid, FILE.layout.pieceCount).isEmpty).toBe(true)
    bench.clock.advance(1)
    await store.flush() // waits for the flush that the timer began
    expect([...bench.catalogue.have(FILE.cid, FILE.layout.pieceCount).ones()]).toEqual([0])
  })

  it('forgets nothing that was marked, and claims nothing else, when it is just dropped', async () => {
    const first = await bench.fetch(FILE)
    await first.write(pieceIndex(0), FILE.block(pieceIndex(0)))
    await first.flush()
    await first.write(pieceIndex(1), FILE.block(pieceIndex(1)))
    bench.restart()
    const second = await bench.open(FILE)
    expect([...second.have.ones()]).toEqual([0])
    expect(bench.hashes()).toBe(1)
    await writeAll(second, FILE)
    await second.finish()
    expect(readFileSync(join(bench.folder, 'target'))).toEqual(Buffer.from(FILE.file(0)))
  })

  it('is found again though the row of the share was written anew', async () => {
    const store = await bench.fetch(FILE)
    const row = bench.catalogue.share(FILE.cid)
    await store.write(pieceIndex(0), FILE.block(pieceIndex(0)))
    await store.close()
    if (row !== undefined) bench.catalogue.putShare({ ...row, partPath: undefined })
    const again = await bench.open(FILE)
    expect([...again.have.ones()]).toEqual([0])
    expect(await readdir(bench.folder)).toEqual(['.target.p2pshare-part'])
    await again.close()
    if (row !== undefined) bench.catalogue.putShare({ ...row, partPath: undefined })
    await bench.files.remove(FILE.cid, FILE.layout, { content: false })
    expect(await readdir(bench.folder)).toEqual([])
  })

  it('is not hashed after a clean stop', async () => {
    const store = await bench.fetch(FOLDER)
    await writeAll(store, FOLDER)
    await store.close()
    bench.restart()
    const again = await bench.open(FOLDER)
    expect(again.have.isFull).toBe(true)
    expect(bench.hashes()).toBe(0)
  })

  it('notices bytes of the part file that somebody changed', async () => {
    const store = await bench.fetch(FILE)
    await writeAll(store, FILE)
    await store.close()
    const part = join(bench.folder, '.target.p2pshare-part')
    const data = readFileSync(part)
    data.writeUInt8(data.readUInt8(2048) ^ 1, 2048)
    writeFileSync(part, data)
    bench.restart()
    const again = await bench.open(FILE)
    expect([...again.have.ones()]).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(bench.catalogue.have(FILE.cid, 11).has(2)).toBe(false)
  })

  it('hashes before it serves, so that a change while it runs does no harm', async () => {
    const store = await bench.fetch(FILE)
    await writeAll(store, FILE)
    await store.flush()
    const part = join(bench.folder, '.target.p2pshare-part')
    const data = readFileSync(part)
    data.fill(0, 0, 10)
    writeFileSync(part, data)
    await expect(readBlock(store, FILE, 0)).rejects.toMatchObject({ code: 'storage.changed' })
    expect(store.have.has(0)).toBe(false)
    expect(await readBlock(store, FILE, 1)).toEqual(FILE.block(pieceIndex(1)))
  })

  it('never overwrites the target', async () => {
    const store = await bench.fetch(FILE)
    await writeAll(store, FILE)
    writeFileSync(join(bench.folder, 'target'), 'precious')
    await expect(store.finish()).rejects.toMatchObject({ code: 'storage.target-exists' })
    expect(readFileSync(join(bench.folder, 'target'), 'utf8')).toBe('precious')
    await bench.files.checkTarget(join(bench.folder, 'target'), { force: true })
    await store.finish()
    expect(readFileSync(join(bench.folder, 'target'))).toEqual(Buffer.from(FILE.file(0)))
  })

  it('puts a folder that is forced onto another one beside it', async () => {
    const target = join(bench.folder, 'target')
    const store = await bench.fetch(FOLDER)
    await writeAll(store, FOLDER)
    mkdirSync(target)
    writeFileSync(join(target, 'precious'), 'yes')
    await expect(store.finish()).rejects.toMatchObject({ code: 'storage.target-exists' })
    await bench.files.checkTarget(target, { force: true })
    await store.finish()
    expect(readFileSync(join(`${target}.replaced-1`, 'precious'), 'utf8')).toBe('yes')
    expect(statSync(join(target, 'a', 'b', 'deep.bin')).size).toBe(3000)
  })

  it('to a name that another download has gets a part file of its own', async () => {
    const other = sampleShare({ seed: 77, files: [{ size: 4000 }] })
    const [a, b] = [await bench.fetch(FILE, 'same'), await bench.fetch(other, 'same')]
    await writeAll(a, FILE)
    await writeAll(b, other)
    await a.finish()
    await expect(b.finish()).rejects.toMatchObject({ code: 'storage.target-exists' })
    expect(readFileSync(join(bench.folder, 'same'))).toEqual(Buffer.from(FILE.file(0)))
  })

  it('goes on after a kill between the rename and the catalogue', async () => {
    for (const share of [FILE, FOLDER]) {
      const name = `killed ${share.layout.kind}`
      const store = await bench.fetch(share, name)
      await writeAll(store, share)
      await store.flush()
      const record = bench.catalogue.share(share.cid)
      await store.finish()
      if (record !== undefined) bench.catalogue.putShare(record)
      bench.restart()
      const again = await bench.open(share)
      expect(again.have.isFull).toBe(true)
      expect(bench.catalogue.share(share.cid)).toMatchObject({ complete: true, partPath: undefined })
      expect(await again.finish()).toBe(join(bench.folder, name))
    }
  })

  it('begins again when the part file is deleted, also while it runs', async () => {
    const store = await bench.fetch(FILE)
    await store.write(pieceIndex(0), FILE.block(pieceIndex(0)))
    await store.flush()
    await store.write(pieceIndex(1), FILE.block(pieceIndex(1)))
    await bench.files.remove(FILE.cid, FILE.layout, { content: false })
    await expect(store.flush()).rejects.toMatchObject({ code: 'storage.missing' })
    expect(store.have.isEmpty).toBe(true)
    expect(bench.catalogue.have(FILE.cid, FILE.layout.pieceCount).isEmpty).toBe(true)
    await writeAll(store, FILE)
    await store.finish()
    expect(readFileSync(join(bench.folder, 'target'))).toEqual(Buffer.from(FILE.file(0)))
  })

  it('verify finds pieces that nobody marked', async () => {
    const store = await bench.fetch(FILE)
    await writeAll(store, FILE)
    await store.close()
    bench.catalogue.putHave(FILE.cid, new Bitfield(11))
    bench.restart()
    const again = await bench.open(FILE)
    expect(again.have.isEmpty).toBe(true)
    await again.verify()
    expect(again.have.isFull).toBe(true)
    expect(bench.catalogue.have(FILE.cid, 11).isFull).toBe(true)
  })
})
