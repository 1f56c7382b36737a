import { pieceIndex } from '@p2pshare/base'
import { sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { handlePrototype } from './harness/handle-prototype.ts'
import { type StoreBench, storeBench } from './harness/store-bench.ts'

const SHARE = sampleShare({ seed: 5, files: [{ size: 5000 }, { size: 5000 }, { size: 5000 }] })
const firstOf = (file: number): ReturnType<typeof pieceIndex> =>
  SHARE.layout.files.at(file)?.firstPiece ?? pieceIndex(0)

describe('a failed fdatasync', () => {
  let bench: StoreBench
  beforeEach(() => {
    bench = storeBench({ openFiles: 1, syncAll: undefined })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await bench.dispose()
  })

  const eio = (): Promise<never> => Promise.reject(Object.assign(new RangeError('EIO'), { code: 'EIO' }))
  const marked = (): number[] => [...bench.catalogue.have(SHARE.cid, SHARE.layout.pieceCount).ones()]

  it('voids what was written since the last good one, and nothing else', async () => {
    const store = await bench.fetch(SHARE)
    await store.write(firstOf(0), SHARE.block(firstOf(0)))
    await store.flush()
    await store.write(pieceIndex(firstOf(0) + 1), SHARE.block(pieceIndex(firstOf(0) + 1)))
    vi.spyOn(await handlePrototype(), 'datasync').mockImplementationOnce(eio)
    await expect(store.flush()).rejects.toMatchObject({
      code: 'storage.write-failed',
      detail: { errno: 'EIO' }
    })
    expect([...store.have.ones()]).toEqual([0])
    expect(marked()).toEqual([0])
    await store.flush()
    expect(marked()).toEqual([0])
  })

  it('is not forgotten when it happens as the pool closes the file', async () => {
    const store = await bench.fetch(SHARE)
    await store.write(firstOf(0), SHARE.block(firstOf(0)))
    vi.spyOn(await handlePrototype(), 'datasync').mockImplementationOnce(eio)
    await store.write(firstOf(1), SHARE.block(firstOf(1))) // one open file: the first is closed
    await expect(store.flush()).rejects.toMatchObject({ code: 'storage.write-failed' })
    expect([...store.have.ones()]).toEqual([firstOf(1)])
    expect(marked()).toEqual([firstOf(1)])
  })

  it('of the timer is told to the next writer, once', async () => {
    const store = await bench.fetch(SHARE)
    await store.write(firstOf(0), SHARE.block(firstOf(0)))
    vi.spyOn(await handlePrototype(), 'datasync').mockImplementationOnce(eio)
    bench.clock.advance(2000)
    await store.flush()
    expect(store.have.isEmpty).toBe(true)
    const write = (): Promise<void> => store.write(firstOf(0), SHARE.block(firstOf(0)))
    await expect(write()).rejects.toMatchObject({ code: 'storage.write-failed' })
    await write()
    await store.flush()
    expect(marked()).toEqual([0])
  })

  it('keeps the bytes but not the mark when only the catalogue fails', async () => {
    const store = await bench.fetch(SHARE)
    await store.write(firstOf(0), SHARE.block(firstOf(0)))
    vi.spyOn(bench.catalogue, 'putHave').mockImplementationOnce(() => {
      throw new RangeError('disk of the home is full')
    })
    await expect(store.flush()).rejects.toThrow('disk of the home')
    expect(store.have.has(0)).toBe(true)
    expect(marked()).toEqual([])
    await store.flush()
    expect(marked()).toEqual([0])
  })
})
