import { MemoryLink, MemoryPieceStore } from '@p2pshare/testkit'
import type { SwarmMessage } from '@p2pshare/wire'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeContent, World } from './node.ts'

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
  answers: number
  reads: number
  writes: number
}

/** Counts what both ends do while one fetches from the other, a MiB of content. */
async function fetchCounted(): Promise<Counts> {
  const content = makeContent(1, { '': SIZE_MIB * MIB })
  const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
  await seeder.seed('film', content)
  const messages = new Map<SwarmMessage['type'], number>()
  const { send } = MemoryLink.prototype
  vi.spyOn(MemoryLink.prototype, 'send').mockImplementation(function (this: MemoryLink, message) {
    messages.set(message.type, (messages.get(message.type) ?? 0) + 1 / SIZE_MIB)
    send.call(this, message)
  })
  const sendData = vi.spyOn(MemoryLink.prototype, 'sendData')
  const read = vi.spyOn(MemoryPieceStore.prototype, 'read')
  const write = vi.spyOn(MemoryPieceStore.prototype, 'write')
  const share = await fetcher.fetch(content.cid)
  await world.until('the fetch is complete', () => share.record.complete)
  const a = (calls: number): number => calls / SIZE_MIB
  return {
    messages,
    answers: a(sendData.mock.calls.length),
    reads: a(read.mock.calls.length),
    writes: a(write.mock.calls.length)
  }
}

// The gate of docs/performance.md: what does not depend on the machine's mood. Each limit lies a little above
// what is reached; raise one only with a reason.
describe('what a MiB of content costs between two nodes', () => {
  test('messages, answers, reads and writes', async () => {
    const { messages, answers, reads, writes } = await fetchCounted()
    expect(answers).toBeGreaterThanOrEqual(1)
    expect(answers).toBeLessThan(5)
    expect(messages.get('request')).toBeLessThan(5)
    expect(messages.get('cancel') ?? 0).toBeLessThan(0.5)
    const all = [...messages.values()].reduce((sum, count) => sum + count, 0)
    expect(all).toBeLessThan(7)
    expect(reads).toBeLessThan(1.2)
    expect(writes).toBe(1)
  })
})
