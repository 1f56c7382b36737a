import { open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { PieceStore } from '@p2pshare/ports'
import { sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fileSystemSync } from '../src/disk/file-system-sync.ts'
import { type StoreBench, storeBench } from './harness/store-bench.ts'
import { handlePrototype } from './harness/handle-prototype.ts'

const FILES = 40
const SHARE = sampleShare({ seed: 6, files: Array.from({ length: FILES }, () => ({ size: 3000 })) })

describe('many files of one flush', () => {
  let bench: StoreBench
  let store: PieceStore
  let works = true
  const synced: string[] = []

  beforeEach(async () => {
    works = true
    synced.length = 0
    const syncAll = async (path: string): Promise<boolean> => {
      if (works) synced.push(path)
      return works
    }
    bench = storeBench({ openFiles: 4, syncAll })
    store = await bench.fetch(SHARE)
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await bench.dispose()
  })

  const marked = (): number => bench.catalogue.have(SHARE.cid, SHARE.layout.pieceCount).count
  const pieces = (): PieceIndex[] => Array.from({ length: SHARE.layout.pieceCount }, (_, i) => pieceIndex(i))
  const writeAll = async (): Promise<void> => {
    for (const piece of pieces()) await store.write(piece, SHARE.block(piece))
  }

  it('are synced by one sync of their file system, with their names', async () => {
    const datasync = vi.spyOn(await handlePrototype(), 'datasync')
    const sync = vi.spyOn(await handlePrototype(), 'sync')
    await writeAll()
    await store.flush()
    expect(synced).toHaveLength(1)
    expect(datasync).not.toHaveBeenCalled()
    expect(sync).not.toHaveBeenCalled()
    expect(marked()).toBe(SHARE.layout.pieceCount)
  })

  it('are synced one by one when that fails', async () => {
    works = false
    const datasync = vi.spyOn(await handlePrototype(), 'datasync')
    await writeAll()
    await store.flush()
    expect(datasync).toHaveBeenCalledTimes(FILES)
    expect(marked()).toBe(SHARE.layout.pieceCount)
  })

  it('count without the one that was deleted meanwhile', async () => {
    await writeAll()
    const lost = SHARE.layout.files.at(7)
    await unlink(join(bench.folder, '.target.p2pshare-part', ...(lost?.diskPath ?? [])))
    await expect(store.flush()).rejects.toMatchObject({ code: 'storage.missing' })
    expect(marked()).toBe(SHARE.layout.pieceCount - (lost?.pieceCount ?? 0))
    expect(store.have.has(lost?.firstPiece ?? 0)).toBe(false)
  })

  it('are found again after a restart without a hash', async () => {
    await writeAll()
    await store.finish()
    bench.restart()
    const before = bench.hashes()
    const again = await bench.open(SHARE)
    expect(again.have.isFull).toBe(true)
    expect(bench.hashes()).toBe(before)
  })
})

describe('the sync of a file system', () => {
  const syncAll = fileSystemSync()

  it.skipIf(syncAll === undefined)('answers whether it was done', async ({ onTestFinished }) => {
    const bench = storeBench()
    onTestFinished(() => bench.dispose())
    const file = await open(join(bench.folder, 'x'), 'w')
    await file.close()
    expect(await syncAll?.(bench.folder)).toBe(true)
    expect(await syncAll?.(join(bench.folder, 'absent'))).toBe(false)
  })
})
