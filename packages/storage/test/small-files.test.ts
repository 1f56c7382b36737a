import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { bytes, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { PieceStore } from '@p2pshare/ports'
import { sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SmallFiles } from '../src/small/small-files.ts'
import { type StoreBench, storeBench } from './harness/store-bench.ts'
import { systemClock } from './harness/system-clock.ts'
import { tempFolder } from './harness/temp-folder.ts'

const SHARE = sampleShare({
  seed: 5,
  pieceSize: 64 * 1024,
  files: Array.from({ length: 40 }, (_, i) => ({ path: [`folder ${i % 4}`, `file ${i}`], size: 100 + i }))
})

describe('a share of many small files', () => {
  let bench: StoreBench
  let store: PieceStore
  const pieces = Array.from({ length: SHARE.layout.pieceCount }, (_, i): PieceIndex => pieceIndex(i))
  const pathOf = (piece: PieceIndex): string =>
    join(bench.folder, 'target', ...(SHARE.layout.files.at(SHARE.layout.fileOf(piece))?.diskPath ?? []))
  const read = (piece: PieceIndex): Promise<Uint8Array> =>
    store.read(piece, bytes(0), SHARE.layout.blockSize(piece))
  const isRight = async (piece: PieceIndex): Promise<boolean> =>
    Buffer.from(await read(piece)).equals(SHARE.block(piece))

  beforeEach(async () => {
    bench = storeBench()
    store = await bench.fetch(SHARE)
    await Promise.all(pieces.map((piece) => store.write(piece, SHARE.block(piece))))
    await store.finish()
    bench.restart()
    store = await bench.open(SHARE)
  })
  afterEach(() => bench.dispose())

  it('is read as it was written, without a hash', async () => {
    const before = bench.hashes()
    expect((await Promise.all(pieces.map(isRight))).every(Boolean)).toBe(true)
    expect(bench.hashes()).toBe(before)
  })

  it('is served further where a file was touched, but holds the same', async () => {
    const path = pathOf(pieceIndex(3))
    utimesSync(path, 1, 1)
    chmodSync(path, 0o600)
    expect((await Promise.all(pieces.map(isRight))).every(Boolean)).toBe(true)
  })

  it('says which file was changed, and serves the others', async () => {
    const path = pathOf(pieceIndex(7))
    const { atime, mtime, size } = statSync(path)
    writeFileSync(path, new Uint8Array(size))
    utimesSync(path, atime, mtime)
    const results = await Promise.allSettled(pieces.map(isRight))
    for (const [piece, result] of results.entries()) {
      if (piece === 7) expect(result).toMatchObject({ reason: { code: 'storage.changed' } })
      else expect(result).toEqual({ status: 'fulfilled', value: true })
    }
  })

  it('says which file is gone', async () => {
    rmSync(pathOf(pieceIndex(7)))
    await expect(read(pieceIndex(7))).rejects.toMatchObject({ code: 'storage.missing' })
  })

  it('follows no link to another place', async () => {
    const path = pathOf(pieceIndex(7))
    renameSync(path, join(bench.folder, 'elsewhere'))
    symlinkSync(join(bench.folder, 'elsewhere'), path)
    await expect(read(pieceIndex(7))).rejects.toMatchObject({ code: 'storage.changed' })
  })

  it('finds the changed file when it is opened again', async () => {
    writeFileSync(pathOf(pieceIndex(7)), 'other')
    bench.restart()
    const again = await bench.open(SHARE)
    expect(again.have.has(7)).toBe(false)
    expect(again.have.count).toBe(pieces.length - 1)
  })
})

describe('the thread for small files', () => {
  const small = new SmallFiles(systemClock)

  it('writes into no folder that is a link', async ({ onTestFinished }) => {
    const temp = tempFolder()
    onTestFinished(() => temp.remove())
    mkdirSync(join(temp.path, 'real'))
    symlinkSync(join(temp.path, 'real'), join(temp.path, 'link'))
    expect(await small.write(temp.path, ['link', 'file'], new Uint8Array(10))).toBeUndefined()
    expect(statSync(join(temp.path, 'real', 'file')).size).toBe(0)
    expect(await small.write(temp.path, ['real', 'file'], new Uint8Array(10))).toBeTypeOf('bigint')
    expect(statSync(join(temp.path, 'real', 'file')).size).toBe(10)
  })

  it('leaves what is unusual to its caller', async () => {
    expect(await small.stat('/nowhere/at all')).toBeUndefined()
    expect(await small.stat('/with\0nul')).toBeUndefined()
    expect(await small.hash('/nowhere', ['at all'])).toBeUndefined()
    expect(await small.hash(dirname(import.meta.dirname), ['test'])).toBeUndefined()
    expect(await small.write('/nowhere', ['at all'], new Uint8Array(65 * 1024))).toBeUndefined()
  })
})
