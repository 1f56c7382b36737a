import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { Bitfield, bytes, MiB, pieceIndex, seededRng } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { ImportedShare, PieceStore } from '@p2pshare/ports'
import { randomBytes } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StoreBench, seedImported, storeBench } from './harness/store-bench.ts'

const never = new AbortController().signal
const isRoot = process.geteuid?.() === 0

describe('a seeded file', () => {
  let bench: StoreBench
  let file: string
  let data: Buffer
  let share: ImportedShare
  let store: PieceStore
  beforeEach(async () => {
    bench = storeBench()
    file = join(bench.folder, 'data.bin')
    data = Buffer.from(randomBytes(seededRng(7), 2 * MiB + 5000))
    writeFileSync(file, data)
    share = await bench.files.import(file, { signal: never })
    store = await seedImported(bench, share)
  })
  afterEach(() => bench.dispose())

  const read = (piece: number, offset = 0, length = 5000): Promise<Uint8Array> =>
    store.read(pieceIndex(piece), bytes(offset), bytes(length))

  it('is served where it lies, without hashing', async () => {
    const before = bench.hashes()
    expect(store.have.isFull).toBe(true)
    expect(Buffer.from(await read(0)).equals(data.subarray(0, 5000))).toBe(true)
    expect(Buffer.from(await read(1, 100)).equals(data.subarray(MiB + 100, MiB + 5100))).toBe(true)
    expect(Buffer.from(await read(2)).equals(data.subarray(2 * MiB))).toBe(true)
    expect(bench.hashes()).toBe(before)
  })

  it('that was only touched is hashed, and served', async () => {
    utimesSync(file, 1, 1)
    const before = bench.hashes()
    expect(Buffer.from(await read(0)).equals(data.subarray(0, 5000))).toBe(true)
    expect(Buffer.from(await read(0, 5000)).equals(data.subarray(5000, 10_000))).toBe(true)
    expect(bench.hashes()).toBe(before + 1)
  })

  it('that changed is refused in the changed piece, and served in the others', async () => {
    data.writeUInt8(data.readUInt8(MiB + 9) ^ 1, MiB + 9)
    writeFileSync(file, data)
    await expect(read(1)).rejects.toMatchObject({ code: 'storage.changed', fault: 'disk' })
    expect(store.have.has(1)).toBe(false)
    expect(bench.catalogue.have(share.layout.root.toString(), 3).has(1)).toBe(false)
    expect(Buffer.from(await read(0)).equals(data.subarray(0, 5000))).toBe(true)
  })

  it('that changed without a trace in its times is refused, since ctime tells', async () => {
    data.writeUInt8(data.readUInt8(0) ^ 1, 0)
    writeFileSync(file, data)
    const mtime = Number([...share.identities][0]?.mtime) / 1e9
    utimesSync(file, mtime, mtime)
    await expect(read(0)).rejects.toMatchObject({ code: 'storage.changed' })
  })

  it('that shrank is refused', async () => {
    truncateSync(file, MiB + 1)
    await expect(read(1)).rejects.toMatchObject({ code: 'storage.changed' })
    await expect(read(2)).rejects.toMatchObject({ code: 'storage.changed' })
    expect(Buffer.from(await read(0)).equals(data.subarray(0, 5000))).toBe(true)
  })

  it('that vanished is refused, and served again when it is back', async () => {
    await read(0)
    renameSync(file, `${file}.away`)
    await expect(read(0)).rejects.toMatchObject({ code: 'storage.missing' })
    renameSync(`${file}.away`, file)
    expect(Buffer.from(await read(0)).equals(data.subarray(0, 5000))).toBe(true)
  })

  it('that was replaced, by whatever, is refused', async () => {
    await read(0)
    const replacements: (() => void)[] = [
      () => writeFileSync(file, randomBytes(seededRng(8), data.byteLength)),
      () => mkdirSync(file),
      () => symlinkSync('/dev/zero', file)
    ]
    for (const [piece, replace] of replacements.entries()) {
      rmSync(file, { recursive: true })
      replace()
      await expect(read(piece)).rejects.toMatchObject({
        code: expect.stringMatching(/^storage\.(changed|unreadable|not-a-file)$/)
      })
    }
  })

  it('that changed while the daemon was down is found at the start', async () => {
    await store.close()
    data.writeUInt8(data.readUInt8(5) ^ 1, 5)
    writeFileSync(file, data)
    bench.restart()
    store = await bench.files.open(share.layout.root.toString(), share.layout)
    expect([...store.have.ones()]).toEqual([1, 2])
    data.writeUInt8(data.readUInt8(5) ^ 1, 5)
    writeFileSync(file, data)
    const seen: number[] = []
    await store.verify((done) => seen.push(done))
    expect(store.have.isFull).toBe(true)
    expect(seen).toEqual([1, 2, 3])
    await store.close()
  })

  it('on a disk that is away comes back by itself', async () => {
    await store.close()
    renameSync(file, `${file}.away`)
    bench.restart()
    const away = await bench.files.open(share.layout.root.toString(), share.layout)
    expect(away.have.isEmpty).toBe(true)
    await away.close()
    renameSync(`${file}.away`, file)
    const back = await bench.files.open(share.layout.root.toString(), share.layout)
    expect(back.have.isFull).toBe(true)
    await back.close()
  })

  it.skipIf(isRoot)('that may not be read any more is refused', async () => {
    await store.close()
    chmodSync(file, 0)
    bench.restart()
    await expect(bench.files.open(share.layout.root.toString(), share.layout)).rejects.toMatchObject({
      code: 'storage.unreadable'
    })
  })

  it('replaces a download of the same share, whose part file goes', async () => {
    await store.close()
    const cid = share.layout.root.toString()
    const record = bench.catalogue.share(cid)
    mkdirSync(join(bench.folder, 'downloads'))
    const path = join(bench.folder, 'downloads', 'data.bin')
    if (record !== undefined)
      bench.catalogue.putShare({ ...record, complete: false, path, partPath: undefined })
    bench.catalogue.putHave(cid, new Bitfield(3))
    const fetching = await bench.open({ cid, layout: share.layout })
    await fetching.write(pieceIndex(2), data.subarray(2 * MiB))
    await fetching.close()
    expect(readdirSync(join(bench.folder, 'downloads'))).toHaveLength(1)
    const seeded = await seedImported(bench, share)
    expect(seeded.have.isFull).toBe(true)
    expect(readdirSync(join(bench.folder, 'downloads'))).toEqual([])
    expect(readFileSync(file)).toEqual(data)
  })

  it('stops a verification that is aborted', async () => {
    await expect(store.verify(undefined, AbortSignal.abort())).rejects.toThrow('abort')
    expect(store.have.isFull).toBe(true)
  })

  it('is deleted by remove only while it is what was shared', async () => {
    const layout: ShareLayout = share.layout
    await bench.files.remove(layout.root.toString(), layout, { content: false })
    expect(readFileSync(file)).toEqual(data)
    writeFileSync(file, 'edited')
    await bench.files.remove(layout.root.toString(), layout, { content: true })
    expect(readFileSync(file, 'utf8')).toBe('edited')
  })
})

describe('a seeded folder', () => {
  let bench: StoreBench
  beforeEach(() => {
    bench = storeBench()
  })
  afterEach(() => bench.dispose())

  it('is served under its own names, also those that the gate maps', async () => {
    const folder = join(bench.folder, 'names')
    mkdirSync(join(folder, 'sub'), { recursive: true })
    writeFileSync(join(folder, 'CON'), 'reserved')
    writeFileSync(join(folder, 'sub', 'plain'), 'plain')
    const share = await bench.files.import(folder, { signal: never })
    const store = await seedImported(bench, share)
    const texts = [...share.layout.files].map(async ({ firstPiece, size }) =>
      Buffer.from(await store.read(firstPiece, bytes(0), size)).toString()
    )
    expect((await Promise.all(texts)).sort()).toEqual(['plain', 'reserved'])
    expect([...share.layout.files].some(({ diskPath }) => diskPath[0] === '_CON')).toBe(true)
  })

  it('is deleted by remove, but for what is not the share’s', async () => {
    const folder = join(bench.folder, 'shared')
    mkdirSync(join(folder, 'a', 'b'), { recursive: true })
    mkdirSync(join(folder, 'kept'))
    mkdirSync(join(folder, 'empty'))
    writeFileSync(join(folder, 'a', 'b', 'one'), '1')
    writeFileSync(join(folder, 'kept', 'two'), '2')
    const outside = join(bench.folder, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'two'), '2')
    const share = await bench.files.import(folder, { signal: never })
    await seedImported(bench, share)
    writeFileSync(join(folder, 'kept', 'later'), 'not shared')
    await bench.files.remove(share.layout.root.toString(), share.layout, { content: true })
    expect(() => readFileSync(join(folder, 'kept', 'two'))).toThrow('ENOENT')
    expect(() => readFileSync(join(folder, 'a', 'b', 'one'))).toThrow('ENOENT')
    expect(readFileSync(join(folder, 'kept', 'later'), 'utf8')).toBe('not shared')
    expect(() => readFileSync(join(folder, 'empty'))).toThrow('ENOENT')
  })

  it('whose folder became a link to elsewhere is not deleted there', async () => {
    const folder = join(bench.folder, 'shared')
    mkdirSync(join(folder, 'a'), { recursive: true })
    writeFileSync(join(folder, 'a', 'one'), '1')
    const share = await bench.files.import(folder, { signal: never })
    await seedImported(bench, share)
    renameSync(join(folder, 'a'), join(bench.folder, 'elsewhere'))
    symlinkSync(join(bench.folder, 'elsewhere'), join(folder, 'a'))
    await bench.files.remove(share.layout.root.toString(), share.layout, { content: true })
    expect(readFileSync(join(bench.folder, 'elsewhere', 'one'), 'utf8')).toBe('1')
  })
})
