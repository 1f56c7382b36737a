import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { bytes, MiB, pieceIndex } from '@p2pshare/base'
import { type SampleShare, sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type StoreBench, storeBench } from './harness/store-bench.ts'
import { smallDisk } from './harness/small-disk.ts'
import { systemTool } from './harness/system-tool.ts'
import { tempFolder } from './harness/temp-folder.ts'

const SHARE = sampleShare({ seed: 11, pieceSize: 64 * 1024, files: [{ size: 3 * MiB }] })
const FOLDER = sampleShare({
  seed: 12,
  files: [
    { path: ['a', 'b', 'c'], size: 3000 },
    { path: ['d'], size: 10 }
  ]
})

async function writeAll(store: Awaited<ReturnType<StoreBench['open']>>, share: SampleShare): Promise<void> {
  for (let p = 0; p < share.layout.pieceCount; p++)
    await store.write(pieceIndex(p), share.block(pieceIndex(p)))
}

describe('a full disk', () => {
  for (const [what, reserve] of [
    ['that the kernel reports', 0],
    ['by the reserve', 6 * MiB]
  ] as const) {
    it(`${what} stops the download, which goes on when there is room`, async ({ skip }) => {
      const disk = smallDisk(reserve === 0 ? 'size=2m' : 'size=8m')
      if (typeof disk === 'string') return skip(disk)
      const bench = storeBench({ folder: disk.path, reserve: () => reserve, blindToSpace: reserve === 0 })
      try {
        const ballast = join(disk.path, 'ballast')
        writeFileSync(ballast, new Uint8Array(MiB))
        const store = await bench.fetch(SHARE)
        await expect(writeAll(store, SHARE)).rejects.toMatchObject({
          code: 'storage.disk-full',
          fault: 'disk'
        })
        await store.flush()
        expect(store.have.count).toBeGreaterThan(0)
        for (const p of store.have.ones()) {
          const piece = pieceIndex(p)
          const block = await store.read(piece, bytes(0), SHARE.layout.blockSize(piece))
          expect(Buffer.from(block).equals(SHARE.block(piece))).toBe(true)
        }
        expect(bench.catalogue.have(SHARE.cid, SHARE.layout.pieceCount).count).toBe(store.have.count)
        unlinkSync(ballast)
        systemTool('mount', '-o', 'remount,size=16m', disk.path)
        await writeAll(store, SHARE)
        await store.finish()
        expect(readFileSync(join(disk.path, 'target')).equals(SHARE.file(0))).toBe(true)
      } finally {
        await bench.dispose()
        disk.dispose()
      }
    })
  }

  it('that turns read-only is told as such', async ({ skip }) => {
    const disk = smallDisk('size=16m')
    if (typeof disk === 'string') return skip(disk)
    const bench = storeBench({ folder: disk.path })
    try {
      const store = await bench.fetch(FOLDER)
      await store.write(pieceIndex(0), FOLDER.block(pieceIndex(0)))
      await store.close()
      systemTool('mount', '-o', 'remount,ro', disk.path)
      bench.restart()
      const again = await bench.open(FOLDER)
      expect([...again.have.ones()]).toEqual([0])
      const p = pieceIndex(FOLDER.layout.pieceCount - 1)
      await expect(again.write(p, FOLDER.block(p))).rejects.toMatchObject({
        code: 'storage.write-failed',
        detail: { errno: 'EROFS' }
      })
      systemTool('mount', '-o', 'remount,rw', disk.path)
      await writeAll(again, FOLDER)
      await again.finish()
    } finally {
      await bench.dispose()
      disk.dispose()
    }
  })
})

describe('somebody else in the target folder', () => {
  let bench: StoreBench
  let outside: ReturnType<typeof tempFolder>
  beforeEach(() => {
    bench = storeBench()
    outside = tempFolder()
  })
  afterEach(async () => {
    await bench.dispose()
    outside.remove()
  })

  it('cannot turn the part file into a link', async () => {
    const store = await bench.fetch(SHARE)
    symlinkSync(join(outside.path, 'victim'), join(bench.folder, '.target.p2pshare-part'))
    await expect(store.write(pieceIndex(0), SHARE.block(pieceIndex(0)))).rejects.toMatchObject({
      code: 'storage.write-failed'
    })
    expect(readdirSync(outside.path)).toEqual([])
  })

  it('cannot turn a folder inside the download into a link', async () => {
    const store = await bench.fetch(FOLDER)
    await store.write(pieceIndex(0), FOLDER.block(pieceIndex(0)))
    await store.close()
    bench.restart()
    const part = join(bench.folder, '.target.p2pshare-part')
    renameSync(join(part, 'a'), join(bench.folder, 'a'))
    mkdirSync(join(outside.path, 'b'))
    symlinkSync(outside.path, join(part, 'a'))
    const again = await bench.open(FOLDER)
    expect(again.have.isEmpty).toBe(true)
    await expect(again.write(pieceIndex(0), FOLDER.block(pieceIndex(0)))).rejects.toMatchObject({
      code: 'storage.write-failed'
    })
    expect(readdirSync(join(outside.path, 'b'))).toEqual([])
  })

  it('cannot swap a folder while it is used', async () => {
    const store = await bench.fetch(FOLDER)
    await store.write(pieceIndex(0), FOLDER.block(pieceIndex(0)))
    const part = join(bench.folder, '.target.p2pshare-part')
    renameSync(join(part, 'a'), join(bench.folder, 'a'))
    mkdirSync(join(outside.path, 'b'))
    symlinkSync(outside.path, join(part, 'a'))
    await expect(store.flush()).rejects.toMatchObject({ code: 'storage.missing' })
    expect(readdirSync(join(outside.path, 'b'))).toEqual([])
    await expect(store.write(pieceIndex(0), FOLDER.block(pieceIndex(0)))).rejects.toMatchObject({
      code: 'storage.write-failed'
    })
  })
})

describe('checkTarget', () => {
  let bench: StoreBench
  beforeEach(() => {
    bench = storeBench()
  })
  afterEach(() => bench.dispose())

  it('says what is wrong before anything is fetched', async () => {
    const { files, folder } = bench
    const target = join(folder, 'target')
    await files.checkTarget(target, { size: 1, force: false })
    await expect(files.checkTarget(join(folder, 'no', 'x'), { force: false })).rejects.toMatchObject({
      code: 'storage.no-such-folder'
    })
    await expect(files.checkTarget(target, { size: 2 ** 52, force: false })).rejects.toMatchObject({
      code: 'storage.disk-full'
    })
    symlinkSync('/nowhere', target)
    await expect(files.checkTarget(target, { force: false })).rejects.toMatchObject({
      code: 'storage.target-exists'
    })
    await expect(files.checkTarget(target, { force: false, onlyLooked: true })).rejects.toMatchObject({
      code: 'storage.target-exists'
    })
    const allowed = (): unknown[] => [...bench.catalogue.values('storage.replace').query('')]
    await files.checkTarget(target, { force: true, onlyLooked: true })
    expect(allowed()).toEqual([])
    await files.checkTarget(target, { force: true })
    expect(allowed()).toHaveLength(1)
    writeFileSync(join(folder, 'file'), '')
    await expect(files.checkTarget(join(folder, 'file', 'x'), { force: false })).rejects.toMatchObject({
      code: 'storage.no-such-folder'
    })
  })

  it('counts free space where the target will be', async () => {
    const there = await bench.files.volume(join(bench.folder, 'not', 'there', 'yet'))
    expect(there).toEqual({ ...(await bench.files.volume(bench.folder)), free: expect.any(Number) })
    expect(there.free).toBeGreaterThan(0)
  })

  it('says that nothing can be written to a folder', async ({ skip }) => {
    const disk = smallDisk('size=1m,ro')
    if (typeof disk === 'string') return skip(disk)
    try {
      await expect(bench.files.checkTarget(join(disk.path, 'x'), { force: false })).rejects.toMatchObject({
        code: 'storage.not-writable'
      })
    } finally {
      disk.dispose()
    }
  })
})
