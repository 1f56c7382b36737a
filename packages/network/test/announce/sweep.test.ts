import { HOUR, MINUTE } from '@p2pshare/base'
import type { PeerId } from '@libp2p/interface'
import { VirtualClock } from '@p2pshare/testkit'
import { beforeEach, expect, test } from 'vitest'
import type { LaneAnnouncer } from '../../src/announce/lane-announcer.ts'
import { multihashOf } from '../../src/dht/kad-key.ts'
import { FakeDht, manyPeerIds, peerIds, type SentStream } from '../support/fake-dht.ts'
import { memoryValues } from '../support/memory-values.ts'
import { keyList, publication } from '../support/nodes.ts'

let clock: VirtualClock
let values: ReturnType<typeof memoryValues>
let self: PeerId
let others: PeerId[]

beforeEach(async () => {
  clock = new VirtualClock()
  values = memoryValues()
  ;[self, ...others] = (await peerIds(301)) as [PeerId, ...PeerId[]]
})

const hex = (key: Uint8Array): string => Buffer.from(multihashOf(key)).toString('hex')
const recordsOf = (streams: readonly SentStream[]): number =>
  streams.reduce((sum, { keys }) => sum + keys.length, 0)

async function untilAnnounced(announcer: LaneAnnouncer, share: string, limit: number = HOUR): Promise<void> {
  const end = clock.now() + limit
  for (;;) {
    const status = announcer.status(share)
    if (status !== undefined && status.announced === status.total) return
    if (clock.now() > end) throw new Error(`not announced: ${JSON.stringify(status)}`)
    await clock.advanceAsync(100)
  }
}

test('the root of a share, and nothing else, goes beyond a crowd around it', async () => {
  const dht = new FakeDht(clock, others)
  const share = publication('s', 3)
  const root = multihashOf(share.root)
  const far = others.filter((peer) => !dht.closest(root, 40).includes(peer.toString())).slice(0, 5)
  dht.beyondCrowds = far
  const announcer = dht.announcer(self, values)
  announcer.start()
  announcer.publish(share)
  await untilAnnounced(announcer, 's')
  await clock.advanceAsync(MINUTE)
  await announcer.stop()
  expect(far.every((peer) => dht.holders(root).has(peer.toString()))).toBe(true)
  expect(dht.holders(root).size).toBe(45)
  expect(dht.holders(multihashOf(share.chunks.key(0))).size).toBe(20)
})

test('20,000 keys on 300 servers: few lookups, about a stream a server, every record on the true closest', async () => {
  const dht = new FakeDht(clock, others)
  const announcer = dht.announcer(self, values)
  announcer.start()
  const share = { ...publication('s', 20_000), files: keyList('none', 0) }
  announcer.publish(share)
  await untilAnnounced(announcer, 's')
  expect(dht.lookups).toBeLessThanOrEqual(90)
  expect(dht.streams.length).toBeLessThanOrEqual(360)
  for (let i = 0; i < 20_000; i += 997) {
    const key = multihashOf(share.chunks.key(i))
    const holders = dht.holders(key)
    expect(dht.closest(key, 20).filter((peer) => holders.has(peer))).toHaveLength(20)
    expect(holders.size).toBe(20)
  }
  const root = multihashOf(share.root)
  expect(dht.holders(root)).toEqual(new Set(dht.closest(root, 40)))
  await announcer.stop()
})

test('roots go first, to 40 servers; then files, then chunks; each key once', async () => {
  const dht = new FakeDht(clock, others.slice(0, 100))
  const announcer = dht.announcer(self, values)
  announcer.start()
  const shares = ['a', 'b', 'c'].map((name) => ({
    ...publication(name, 500),
    files: keyList(`${name} f`, 30)
  }))
  for (const share of shares) announcer.publish(share)
  await untilAnnounced(announcer, 'c')
  const order = dht.streams.flatMap(({ keys }) => keys)
  const roots = new Set(shares.map(({ root }) => hex(root)))
  const files = new Set(shares.flatMap((share) => [...Array(30).keys()].map((i) => hex(share.files.key(i)))))
  const kind = (key: string): number => (roots.has(key) ? 0 : files.has(key) ? 1 : 2)
  expect(order.map(kind)).toEqual(order.map(kind).toSorted((a, b) => a - b))
  expect(order).toHaveLength(3 * 40 + (3 * 30 + 3 * 500) * 20)
  for (const share of shares) expect(dht.holders(multihashOf(share.root)).size).toBe(40)
  await announcer.stop()
})

test('a restart in the middle goes on where it was, and announces nothing twice', async () => {
  const dht = new FakeDht(clock, others.slice(0, 3))
  const share = publication('s', 60_000)
  const first = dht.announcer(self, values)
  first.start()
  first.publish(share)
  while ((first.status('s')?.announced ?? 0) < 20_000) await clock.advanceAsync(100)
  const stopping = first.stop()
  await clock.advanceAsync(1000)
  await stopping
  const before = first.status('s')?.announced ?? 0
  expect(before).toBeLessThan(60_000)
  const done = dht.streams.filter(({ taken }) => taken).length
  const second = dht.announcer(self, values)
  second.start()
  second.publish(share)
  expect(second.status('s')?.announced).toBeGreaterThan(before * 0.9)
  await untilAnnounced(second, 's')
  const after = dht.streams.slice(done).filter(({ taken }) => taken)
  expect(recordsOf(after)).toBe((60_002 - before) * 3)
  const [one] = others
  const taken = dht.streams.filter((stream) => stream.taken && stream.peer === one?.toString())
  const keys = taken.flatMap((stream) => stream.keys)
  expect(keys).toHaveLength(60_002)
  expect(new Set(keys).size).toBe(60_002)
  await second.stop()
})

test('a finished share is not announced again by a restart, and is within 22 h, spread over the time', async () => {
  const dht = new FakeDht(clock, others)
  const share = publication('s', 5000)
  const first = dht.announcer(self, values)
  first.start()
  first.publish(share)
  await untilAnnounced(first, 's')
  await first.stop()
  const began = dht.streams.length
  const second = dht.announcer(self, values)
  second.start()
  second.publish(share)
  expect(second.status('s')).toMatchObject({ announced: 5002, total: 5002 })
  await clock.advanceAsync(30 * MINUTE)
  const soon = dht.streams.slice(began)
  // At most the region whose turn it just is.
  expect(soon.length).toBeLessThan(120)
  await clock.advanceAsync(22 * HOUR)
  const cycle = dht.streams.slice(began)
  expect(new Set(cycle.flatMap(({ keys }) => keys)).size).toBe(5002)
  expect(cycle.length).toBeLessThanOrEqual(1.35 * 300)
  const hours = new Set(cycle.map(({ at }) => Math.floor(at / HOUR)))
  expect(hours.size).toBeGreaterThanOrEqual(4)
  expect(clock.wallTime() - (second.status('s')?.oldest ?? 0)).toBeLessThanOrEqual(24 * HOUR)
  await second.stop()
})

test('what is overdue after three days away goes out at once, roots first', async () => {
  const dht = new FakeDht(clock, others.slice(0, 100))
  const share = publication('s', 3000)
  const first = dht.announcer(self, values)
  first.start()
  first.publish(share)
  await untilAnnounced(first, 's')
  await first.stop()
  clock.jump(72 * HOUR)
  const began = dht.streams.length
  const second = dht.announcer(self, values)
  second.start()
  second.publish(share)
  expect(second.status('s')?.oldest).toBeLessThanOrEqual(clock.wallTime() - 72 * HOUR)
  await clock.advanceAsync(10 * MINUTE)
  const streams = dht.streams.slice(began)
  expect(streams.slice(0, 40).flatMap(({ keys }) => keys)).toEqual(Array(40).fill(hex(share.root)))
  expect(new Set(streams.flatMap(({ keys }) => keys)).size).toBe(3002)
  expect(clock.wallTime() - (second.status('s')?.oldest ?? 0)).toBeLessThanOrEqual(11 * MINUTE)
  await second.stop()
})

test.each([-365 * 24 * HOUR, 365 * 24 * HOUR])(
  'a clock that was wrong by %d ms makes no storm',
  async (by) => {
    const dht = new FakeDht(clock, others.slice(0, 50))
    const share = publication('s', 1000)
    clock.shiftWallTime(-by)
    const first = dht.announcer(self, values)
    first.start()
    first.publish(share)
    await untilAnnounced(first, 's')
    await first.stop()
    clock.shiftWallTime(by)
    const began = dht.records
    const second = dht.announcer(self, values)
    second.start()
    second.publish(share)
    await clock.advanceAsync(3 * HOUR)
    // Behind: times in the future count as now. Ahead: everything looks a year old, and goes out once more.
    expect(dht.records - began).toBeLessThanOrEqual(by < 0 ? 0.6 * 20_060 : 1.6 * 20_060)
    const oldest = second.status('s')?.oldest ?? 0
    expect(oldest).toBeLessThanOrEqual(clock.wallTime())
    expect(oldest).toBeGreaterThanOrEqual(clock.wallTime() - 24 * HOUR)
    await second.stop()
  }
)

test('what is withdrawn is announced no more, also in the middle', async () => {
  const dht = new FakeDht(clock, others.slice(0, 3))
  const announcer = dht.announcer(self, values)
  announcer.start()
  announcer.publish(publication('gone', 60_000))
  announcer.publish(publication('kept', 10))
  while ((announcer.status('gone')?.announced ?? 0) < 10_000) await clock.advanceAsync(100)
  announcer.withdraw('gone')
  expect(announcer.status('gone')).toBeUndefined()
  const at = dht.records
  await clock.advanceAsync(2 * MINUTE)
  // What had been written of the portion under way.
  expect(dht.records - at).toBeLessThanOrEqual(3 * 13)
  const then = dht.streams.length
  await clock.advanceAsync(23 * HOUR)
  const kept = publication('kept', 10)
  const own = new Set([
    hex(kept.root),
    hex(kept.files.key(0)),
    ...[...Array(10).keys()].map((i) => hex(kept.chunks.key(i)))
  ])
  const later = dht.streams.slice(then).flatMap(({ keys }) => keys)
  expect(later.length).toBeGreaterThan(0)
  expect(later.filter((key) => !own.has(key))).toEqual([])
  expect([...values.rows.keys()].filter((key) => key.includes('gone'))).toEqual([])
  await announcer.stop()
})

test('new content goes out while a cycle takes its time', async () => {
  const dht = new FakeDht(clock, others)
  const announcer = dht.announcer(self, values)
  announcer.start()
  announcer.publish(publication('old', 2000))
  await untilAnnounced(announcer, 'old')
  await clock.advanceAsync(9 * HOUR)
  announcer.publish(publication('new', 2000))
  const began = clock.now()
  await untilAnnounced(announcer, 'new')
  expect(clock.now() - began).toBeLessThan(3 * MINUTE)
  await announcer.stop()
})

test('a server that answers no ping has nothing, and the others count', async () => {
  const dht = new FakeDht(clock, others.slice(0, 2))
  const [good, silent] = others as [PeerId, PeerId]
  dht.silent.add(silent.toString())
  const announcer = dht.announcer(self, values)
  announcer.start()
  announcer.publish(publication('s', 300))
  await untilAnnounced(announcer, 's')
  const served = [...values.rows.keys()].filter((key) => key.startsWith('served/'))
  expect(served.map((key) => key.slice(key.lastIndexOf('/') + 1))).toEqual([good.toString()])
  dht.silent.delete(silent.toString())
  await clock.advanceAsync(2 * MINUTE)
  const share = publication('s', 300)
  expect(dht.holders(multihashOf(share.chunks.key(7)))).toEqual(new Set([good.toString(), silent.toString()]))
  dht.silent.add(silent.toString())
  const then = dht.streams.length
  await clock.advanceAsync(45 * HOUR)
  const later = dht.streams.slice(then)
  expect(later.filter(({ peer }) => peer === good.toString()).length).toBeLessThanOrEqual(4)
  expect(later.length).toBeLessThanOrEqual(20)
  await announcer.stop()
})

test('where nobody answers a ping nothing counts as announced', async () => {
  const dht = new FakeDht(clock, others.slice(0, 30))
  for (const peer of others.slice(0, 30)) dht.silent.add(peer.toString())
  const announcer = dht.announcer(self, values)
  announcer.start()
  announcer.publish(publication('s', 10))
  await clock.advanceAsync(10 * MINUTE)
  expect(announcer.status('s')).toMatchObject({ announced: 0, oldest: undefined })
  // Tried again and again, with growing pauses.
  expect(dht.streams.length).toBeLessThan(30 * 40)
  dht.silent.clear()
  await untilAnnounced(announcer, 's')
  await announcer.stop()
})

test('newcomers of a small network get everything, over one stream each', async () => {
  const dht = new FakeDht(clock, others.slice(0, 2))
  const announcer = dht.announcer(self, values)
  announcer.start()
  for (const peer of others.slice(2, 4)) dht.join(peer)
  await clock.advanceAsync(MINUTE)
  // There is nothing to tell yet.
  expect(dht.streams).toEqual([])
  for (const peer of others.slice(2, 4)) dht.leave(peer)
  announcer.publish(publication('s', 3000))
  await untilAnnounced(announcer, 's')
  for (const peer of others.slice(4, 8)) dht.join(peer)
  await clock.advanceAsync(MINUTE)
  for (const peer of others.slice(4, 8)) {
    const streams = dht.streams.filter((stream) => stream.peer === peer.toString())
    expect(streams).toHaveLength(1)
    expect(new Set(streams[0]?.keys).size).toBe(3002)
  }
  await announcer.stop()
})

test('roots go out again when our addresses change, but not at each of many changes', async () => {
  const dht = new FakeDht(clock, others.slice(0, 10))
  let address = 'a'
  const announcer = dht.announcer(self, values, { addresses: () => address })
  announcer.start()
  announcer.publish(publication('s', 50))
  await untilAnnounced(announcer, 's')
  let began = dht.records
  address = 'b'
  await clock.advanceAsync(11 * MINUTE)
  expect(dht.records - began).toBe(10)
  began = dht.records
  for (let i = 0; i < 30; i++) {
    address = `c${i}`
    await clock.advanceAsync(MINUTE)
  }
  expect(dht.records - began).toBeLessThanOrEqual(40)
  await announcer.stop()
})

test('a share that turns up when the cycle has passed is made up for', async () => {
  const dht = new FakeDht(clock, others.slice(0, 60))
  const [early, late] = [publication('early', 500), publication('late', 500)]
  const first = dht.announcer(self, values)
  first.start()
  first.publish(early)
  first.publish(late)
  await untilAnnounced(first, 'late')
  await first.stop()
  clock.jump(72 * HOUR)
  const second = dht.announcer(self, values)
  second.start()
  second.publish(early)
  await clock.advanceAsync(10 * MINUTE)
  const began = dht.streams.length
  second.publish(late)
  await clock.advanceAsync(10 * MINUTE)
  const keys = new Set(dht.streams.slice(began).flatMap((stream) => stream.keys))
  for (let i = 0; i < 500; i++) expect(keys.has(hex(late.chunks.key(i)))).toBe(true)
  expect(keys.has(hex(late.root))).toBe(true)
  expect(clock.wallTime() - (second.status('late')?.oldest ?? 0)).toBeLessThan(HOUR)
  await second.stop()
})

test('a few keys in a large network take a lookup each, not a look at every region', async () => {
  const dht = new FakeDht(clock, manyPeerIds(2000))
  const announcer = dht.announcer(self, values)
  announcer.start()
  const share = publication('s', 30)
  announcer.publish(share)
  await untilAnnounced(announcer, 's')
  expect(dht.lookups).toBeLessThanOrEqual(31 + 10)
  for (let i = 0; i < 30; i++) {
    const key = multihashOf(share.chunks.key(i))
    expect(dht.holders(key)).toEqual(new Set(dht.closest(key, 20)))
  }
  expect(dht.holders(multihashOf(share.root)).size).toBe(40)
  await clock.advanceAsync(22 * HOUR)
  const [lookups, records] = [dht.lookups, dht.records]
  await clock.advanceAsync(22 * HOUR)
  expect(dht.records - records).toBe(40 + 31 * 20)
  expect(dht.lookups - lookups).toBeLessThanOrEqual(31 + 10)
  await announcer.stop()
})

test('there is a warning when nothing could be announced for 40 h, but not where nobody is', async () => {
  const servers = others.slice(0, 5)
  const dht = new FakeDht(clock, servers)
  let address: string | undefined = 'here'
  const announcer = dht.announcer(self, values, { addresses: () => address })
  announcer.start()
  announcer.publish(publication('s', 10))
  await untilAnnounced(announcer, 's')
  expect(announcer.summary()).toMatchObject({
    source: 'lan-dht',
    announced: 12,
    total: 12,
    warning: undefined
  })
  address = undefined
  await clock.advanceAsync(39 * HOUR)
  expect(announcer.summary().warning).toBeUndefined()
  await clock.advanceAsync(2 * HOUR)
  expect(announcer.summary().warning).toMatch(/41 h ago and end at 48 h/)
  for (const server of servers) dht.leave(server)
  expect(announcer.summary().warning).toBeUndefined()
  for (const server of servers) dht.join(server)
  address = 'here'
  await clock.advanceAsync(MINUTE)
  expect(announcer.summary().warning).toBeUndefined()
  expect(announcer.summary().oldest).toBeGreaterThan(clock.wallTime() - 2 * MINUTE)
  await announcer.stop()
})
