import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { bytes, MiB, pieceIndex, seededRng } from '@p2pshare/base'
import type { ImportedShare, PieceStore, Relocation } from '@p2pshare/ports'
import { randomBytes, sampleRecord, sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StoreBench, seedImported, storeBench } from './harness/store-bench.ts'

const signal = new AbortController().signal
let bench: StoreBench
beforeEach(() => {
  bench = storeBench()
})
afterEach(() => bench.dispose())

const at = (...names: string[]): string => join(bench.folder, ...names)

function write(path: string, seed: number, size: number): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, randomBytes(seededRng(seed), size))
}

async function seeded(name: string): Promise<{ share: ImportedShare; store: PieceStore; cid: string }> {
  const share = await bench.files.import(at(name), { signal })
  return { share, store: await seedImported(bench, share), cid: share.layout.root.toString() }
}

async function relocate(
  { cid, share }: { cid: string; share: ImportedShare },
  path: string
): Promise<Relocation> {
  return bench.files.relocate(cid, share.layout, path, { signal })
}

/** The share is served from where the catalogue says, all of it. */
async function expectServed(share: ImportedShare): Promise<void> {
  const { layout } = share
  const store = await bench.open({ cid: layout.root.toString(), layout })
  const before = bench.hashes()
  expect(store.have.isFull).toBe(true)
  for (let p = 0; p < layout.pieceCount; p++) {
    const piece = pieceIndex(p)
    await store.read(piece, bytes(0), layout.blockSize(piece))
  }
  expect(bench.hashes(), 'nothing is read again to be sure').toBe(before)
}

describe('a seeded folder', () => {
  beforeEach(() => {
    write(at('album', 'a.bin'), 1, 2 * MiB + 5)
    write(at('album', 'deep', 'b.bin'), 2, 3000)
    writeFileSync(at('album', 'empty'), '')
  })

  it('that was renamed is taken at its word, by sizes, times and inodes', async () => {
    const album = await seeded('album')
    await album.store.close()
    renameSync(at('album'), at('moved'))
    const before = bench.hashes()
    const place = await relocate(album, at('moved'))
    expect([place.path, place.hashed, bench.hashes()]).toEqual([at('moved'), 0, before])
    expect(bench.catalogue.share(album.cid)?.path).toBe(at('album'))
    place.record()
    expect(bench.catalogue.share(album.cid)?.path).toBe(at('moved'))
    await expectServed(album.share)
  })

  it('that was copied is hashed, file by file, and told how far', async () => {
    const album = await seeded('album')
    cpSync(at('album'), at('copy'), { recursive: true })
    rmSync(at('album'), { recursive: true })
    const seen: number[] = []
    const { layout } = album.share
    const onProgress = (done: number, total: number): void => void seen.push(done / total)
    const place = await bench.files.relocate(album.cid, layout, at('copy'), { signal, onProgress })
    expect(place.hashed).toBe(2 * MiB + 3005)
    expect([seen.at(-1), seen.every((part, i) => part >= (seen[i - 1] ?? 0))]).toEqual([1, true])
    place.record()
    await expectServed(album.share)
  })

  const damages: Record<string, [change: () => void, code: string]> = {
    'a byte differs': [
      () => {
        const data = readFileSync(at('copy', 'a.bin'))
        data[MiB + 7] = (data[MiB + 7] ?? 0) ^ 1
        writeFileSync(at('copy', 'a.bin'), data)
      },
      'storage.not-the-share'
    ],
    'a file is shorter': [() => writeFileSync(at('copy', 'deep', 'b.bin'), 'x'), 'storage.not-the-share'],
    'an empty file is not empty': [() => writeFileSync(at('copy', 'empty'), 'x'), 'storage.not-the-share'],
    'a file lacks': [() => rmSync(at('copy', 'deep', 'b.bin')), 'storage.not-the-share'],
    'a folder lies in place of a file': [
      () => {
        rmSync(at('copy', 'a.bin'))
        mkdirSync(at('copy', 'a.bin'))
      },
      'storage.not-the-share'
    ],
    'nothing is there': [() => rmSync(at('copy'), { recursive: true }), 'storage.no-such-path']
  }
  for (const [what, [change, code]] of Object.entries(damages)) {
    it(`is refused, and nothing changes, where ${what}`, async () => {
      const album = await seeded('album')
      cpSync(at('album'), at('copy'), { recursive: true })
      change()
      await expect(relocate(album, at('copy'))).rejects.toMatchObject({ code })
      expect(bench.catalogue.share(album.cid)?.path).toBe(at('album'))
      expect(bench.catalogue.have(album.cid, album.share.layout.pieceCount).isFull).toBe(true)
      await expectServed(album.share)
    })
  }

  it('with the same size and time, but another inode, is not taken at its word', async () => {
    const album = await seeded('album')
    cpSync(at('album'), at('copy'), { recursive: true, preserveTimestamps: true })
    const data = readFileSync(at('copy', 'a.bin'))
    const { atime, mtime } = { atime: new Date(5000), mtime: new Date(5000) }
    data.fill(0, 10, 20)
    writeFileSync(at('copy', 'a.bin'), data)
    utimesSync(at('copy', 'a.bin'), atime, mtime)
    await expect(relocate(album, at('copy'))).rejects.toMatchObject({ code: 'storage.not-the-share' })
  })
})

it('a file may be told by the folder that it lies in', async () => {
  write(at('film.bin'), 3, MiB)
  const film = await seeded('film.bin')
  await film.store.close()
  mkdirSync(at('films'))
  renameSync(at('film.bin'), at('films', 'film.bin'))
  const place = await relocate(film, at('films'))
  expect(place.path).toBe(at('films', 'film.bin'))
  place.record()
  await expectServed(film.share)
})

it('a private share is found by what its blocks would be', async () => {
  write(at('diary'), 4, 3000)
  const share = await bench.files.import(at('diary'), { signal, sealed: true })
  const cid = share.layout.root.toString()
  share.record?.()
  const store = await seedImported(bench, share)
  await store.close()
  renameSync(at('diary'), at('moved'))
  write(at('other'), 5, 3000)
  await expect(relocate({ cid, share }, at('other'))).rejects.toMatchObject({ code: 'storage.not-the-share' })
  expect(bench.catalogue.have(cid, share.layout.pieceCount).isFull).toBe(true)
  const place = await relocate({ cid, share }, at('moved'))
  place.record()
  expect((await bench.open({ cid, layout: share.layout })).have.isFull).toBe(true)
})

describe('a share of several paths', () => {
  async function both(
    sealed: boolean,
    a = at('one', 'a.bin')
  ): Promise<{ share: ImportedShare; cid: string }> {
    write(a, 6, MiB + 5)
    write(at('two', 'b.bin'), 7, 3000)
    const what = { name: 'both', paths: [a, at('two', 'b.bin')] }
    const share = await bench.files.import(what, { signal, sealed })
    share.record?.()
    await (await seedImported(bench, share)).close()
    return { share, cid: share.layout.root.toString() }
  }

  for (const sealed of [false, true]) {
    it(`goes on as one folder that has them all (private: ${sealed})`, async () => {
      const { share, cid } = await both(sealed)
      mkdirSync(at('all'))
      renameSync(at('one', 'a.bin'), at('all', 'a.bin'))
      // Whoever moved but one is told which lacks.
      await expect(relocate({ cid, share }, at('all'))).rejects.toMatchObject({
        code: 'storage.not-the-share',
        message: expect.stringContaining('there is no b.bin in')
      })
      expect(bench.files.rootsOf(cid)).toHaveLength(2)
      renameSync(at('two', 'b.bin'), at('all', 'b.bin'))
      const place = await relocate({ cid, share }, at('all'))
      expect(bench.files.rootsOf(cid)).toHaveLength(2)
      place.record()
      expect([bench.files.rootsOf(cid), bench.catalogue.share(cid)?.path]).toEqual([undefined, at('all')])
      expect((await bench.open({ cid, layout: share.layout })).have.isFull).toBe(true)
    })

    it(`is not taken to be where it was, in a folder around it (private: ${sealed})`, async () => {
      const { share, cid } = await both(sealed, at('two', 'deep', 'a.bin'))
      write(at('two', 'a.bin'), 8, MiB + 5)
      await expect(relocate({ cid, share }, at('two'))).rejects.toMatchObject({
        code: 'storage.not-the-share'
      })
      expect(bench.files.rootsOf(cid)).toHaveLength(2)
      renameSync(at('two', 'deep', 'a.bin'), at('two', 'a.bin'))
      const place = await relocate({ cid, share }, at('two'))
      place.record()
      expect(bench.files.rootsOf(cid)).toBeUndefined()
      expect((await bench.open({ cid, layout: share.layout })).have.isFull).toBe(true)
    })
  }
})

describe('a fetch', () => {
  const SHARE = sampleShare({ seed: 1, files: [{ size: 10_000 }] })

  it('gets another target, and keeps what it has', async () => {
    const store = await bench.fetch(SHARE)
    await store.write(pieceIndex(2), SHARE.block(pieceIndex(2)))
    mkdirSync(at('elsewhere'))
    await store.close()
    const place = await bench.files.relocate(SHARE.cid, SHARE.layout, at('elsewhere', 'film'), { signal })
    place.record()
    const again = await bench.open(SHARE)
    expect([...again.have.ones()]).toEqual([2])
    for (let p = 0; p < SHARE.layout.pieceCount; p++)
      await again.write(pieceIndex(p), SHARE.block(pieceIndex(p)))
    expect(await again.finish()).toBe(at('elsewhere', 'film'))
    expect(readFileSync(at('elsewhere', 'film')).equals(SHARE.file(0))).toBe(true)
    expect(readdirSync(bench.folder)).toEqual(['elsewhere'])
  })

  it('is refused a target that is taken, or has no folder', async () => {
    bench.catalogue.putShare(sampleRecord(SHARE.cid, { path: at('target'), partPath: undefined }))
    writeFileSync(at('taken'), 'mine')
    const to = (path: string): Promise<Relocation> =>
      bench.files.relocate(SHARE.cid, undefined, path, { signal })
    await expect(to(at('taken'))).rejects.toMatchObject({ code: 'storage.target-exists' })
    await expect(to(at('no', 'folder'))).rejects.toMatchObject({ code: 'storage.no-such-folder' })
    expect(bench.catalogue.share(SHARE.cid)?.path).toBe(at('target'))
  })
})
