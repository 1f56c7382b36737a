import { Worker } from 'node:worker_threads'
import { bytes, type PieceIndex, pieceIndex } from '@p2pshare/base'
import { sampleShare } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fileSystemSync } from '../src/disk/file-system-sync.ts'
import { handlePrototype } from './harness/handle-prototype.ts'
import { type StoreBench, storeBench } from './harness/store-bench.ts'

const FILES = 1000
const SHARE = sampleShare({
  seed: 9,
  pieceSize: 64 * 1024,
  files: Array.from({ length: FILES }, (_, i) => ({ path: [`folder ${i % 10}`, `file ${i}`], size: 4096 }))
})

let bench: StoreBench
beforeEach(() => {
  bench = storeBench({ syncAll: async () => true })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.dispose()
})

/** Counts messages to the thread, and calls on open files of the main thread. */
async function counted(work: () => Promise<unknown>): Promise<{ messages: number; calls: number }> {
  const posts = vi.spyOn(Worker.prototype, 'postMessage')
  const prototype = await handlePrototype()
  const calls = (['read', 'write', 'stat', 'datasync'] as const).map((name) => vi.spyOn(prototype, name))
  await work()
  const figures = {
    messages: posts.mock.calls.length,
    calls: calls.reduce((n, spy) => n + spy.mock.calls.length, 0)
  }
  vi.restoreAllMocks()
  return figures
}

/** 128 files a message, and nothing one by one; a batch that sets out before it is full makes one more. */
function expectBatches({ messages, calls }: { messages: number; calls: number }): void {
  expect(messages).toBeGreaterThanOrEqual(8)
  expect(messages).toBeLessThanOrEqual(10)
  expect(calls).toBe(0)
}

// The gate of docs/performance.md.
describe('what 1,000 small files cost the main thread', () => {
  const pieces = Array.from({ length: SHARE.layout.pieceCount }, (_, i): PieceIndex => pieceIndex(i))

  test.skipIf(fileSystemSync() === undefined)('written, synced, looked at, and read again', async () => {
    const store = await bench.fetch(SHARE)
    const written = await counted(() =>
      Promise.all(pieces.map((piece) => store.write(piece, SHARE.block(piece))))
    )
    expectBatches(written)
    const synced = await counted(() => store.flush())
    expectBatches(synced)
    await store.finish()
    bench.restart()
    const opened = await counted(async () => bench.open(SHARE))
    expectBatches(opened)
    const again = await bench.open(SHARE)
    const read = await counted(() =>
      Promise.all(pieces.map((piece) => again.read(piece, bytes(0), SHARE.layout.blockSize(piece))))
    )
    expectBatches(read)
  })
})
