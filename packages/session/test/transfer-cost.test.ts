import { MemoryLink, MemoryPieceStore } from '@p2pshare/testkit'
import type { SwarmMessage } from '@p2pshare/wire'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Content, makeContent, World } from './node.ts'

const MIB = 1024 * 1024
const SIZE_MIB = 32
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await world.stop()
})

interface Counts {
  messages: Map<SwarmMessage['type'], number>
  /** Of all kinds. */
  all: number
  answers: number
  reads: number
  writes: number
}

/** Counts what both ends do while one fetches from the other; figures are for each of `units`. */
async function fetchCounted(content: Content, units: number): Promise<Counts> {
  const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
  await seeder.seed('film', content)
  const messages = new Map<SwarmMessage['type'], number>()
  const { send } = MemoryLink.prototype
  vi.spyOn(MemoryLink.prototype, 'send').mockImplementation(function (this: MemoryLink, message) {
    messages.set(message.type, (messages.get(message.type) ?? 0) + 1 / units)
    send.call(this, message)
  })
  const sendData = vi.spyOn(MemoryLink.prototype, 'sendData')
  const read = vi.spyOn(MemoryPieceStore.prototype, 'read')
  const write = vi.spyOn(MemoryPieceStore.prototype, 'write')
  const share = await fetcher.fetch(content.cid)
  await world.until('the fetch is complete', () => share.record.complete)
  const a = (calls: number): number => calls / units
  return {
    messages,
    all: [...messages.values()].reduce((sum, count) => sum + count, 0),
    answers: a(sendData.mock.calls.length),
    reads: a(read.mock.calls.length),
    writes: a(write.mock.calls.length)
  }
}

// The gate of docs/performance.md: what does not depend on the machine's mood. Each limit lies a little above
// what is reached; raise one only with a reason.
describe('what a fetch costs between two nodes', () => {
  test('for each MiB of a large file: messages, answers, reads and writes', async () => {
    const content = makeContent(1, { '': SIZE_MIB * MIB })
    const { messages, all, answers, reads, writes } = await fetchCounted(content, SIZE_MIB)
    expect(answers).toBeGreaterThanOrEqual(1)
    expect(answers).toBeLessThan(5)
    expect(messages.get('request')).toBeLessThan(5)
    expect(messages.get('cancel') ?? 0).toBeLessThan(0.5)
    expect(all).toBeLessThan(7)
    expect(reads).toBeLessThan(1.2)
    expect(writes).toBe(1)
  })

  test('for each 1,000 files of 4 KiB: messages, answers, reads and writes', async () => {
    const names = Array.from({ length: 2000 }, (_, i) => `folder-${i % 20}/file-${i}`)
    const content = makeContent(2, Object.fromEntries(names.map((name) => [name, 4096])))
    const { messages, all, answers, reads, writes } = await fetchCounted(content, 2)
    // A run of 64 a request; the index is a block for each folder.
    expect(messages.get('request')).toBeLessThan(18)
    expect(answers).toBeLessThan(30)
    expect(all).toBeLessThan(55)
    expect(reads).toBe(1000)
    expect(writes).toBe(1000)
  })
})
