import { HOUR, seededRng } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { multihashOf } from '../../src/dht/kad-key.ts'
import { ProviderRecords } from '../../src/dht/provider-records.ts'
import { RecordQuota } from '../../src/dht/records/record-quota.ts'
import { memoryValues } from '../support/memory-values.ts'
import { digest, recordingLog } from '../support/nodes.ts'

const key = (text: string): Uint8Array => multihashOf(digest(text))
const from = (peer: string, host = '10.0.0.1', addresses = [`/ip4/${host}/tcp/1`]) => ({
  peer,
  host,
  addresses
})

async function setUp(limits = {}) {
  const values = memoryValues()
  const clock = new VirtualClock()
  const open = async (): Promise<ProviderRecords> => {
    const records = new ProviderRecords({ values, clock, rng: seededRng(1), log: recordingLog(), limits })
    await records.load()
    return records
  }
  return { values, clock, open, records: await open() }
}

/** How many of the keys `<name> 0` … have a record of a peer. */
function kept(records: ProviderRecords, name: string, count: number): number {
  let found = 0
  for (let i = 0; i < count; i++) found += records.providers(key(`${name} ${i}`), 20).length
  return found
}

test('records are there at once and after a restart, with the newest addresses', async () => {
  const { records, open } = await setUp()
  records.add(key('a'), from('peer1', '1.2.3.4', ['/ip4/1.2.3.4/tcp/1']))
  records.add(key('b'), from('peer1', '1.2.3.4', ['/ip4/1.2.3.4/tcp/2']))
  const answer = [{ peer: 'peer1', addresses: ['/ip4/1.2.3.4/tcp/2'] }]
  expect(records.providers(key('a'), 20)).toEqual(answer)
  expect(records.providers(key('c'), 20)).toEqual([])
  records.stop()
  const again = await open()
  expect(again.size).toBe(2)
  expect(again.providers(key('a'), 20)).toEqual(answer)
})

test('records and addresses end after 48 h, unless renewed, and are swept from the store', async () => {
  const { records, clock, values, open } = await setUp()
  records.add(key('a'), from('old'))
  records.add(key('a'), from('renewed'))
  clock.advance(30 * HOUR)
  records.add(key('a'), from('renewed'))
  expect(records.providers(key('a'), 20)).toHaveLength(2)
  clock.advance(20 * HOUR)
  expect(records.providers(key('a'), 20).map((each) => each.peer)).toEqual(['renewed'])
  await records.sweep()
  expect(records.size).toBe(1)
  const text = [...values.rows.values()].map((row) => Buffer.from(row).toString('latin1')).join()
  expect(text).not.toContain('old')
  expect(text).toContain('renewed')
  expect((await open()).size).toBe(1)
})

test('steps of the wall clock end no record, and one from the future ends 48 h after the restart', async () => {
  const { records, clock, open } = await setUp()
  clock.shiftWallTime(365 * 24 * HOUR)
  records.add(key('a'), from('peer'))
  clock.shiftWallTime(-2 * 365 * 24 * HOUR)
  clock.advance(HOUR)
  expect(records.providers(key('a'), 20)).toHaveLength(1)
  records.stop()
  const again = await open()
  clock.advance(47 * HOUR)
  expect(again.providers(key('a'), 20)).toHaveLength(1)
  clock.advance(2 * HOUR)
  expect(again.providers(key('a'), 20)).toHaveLength(0)
})

test('a full store drops records of the heaviest announcers, not of the others', async () => {
  const { records } = await setUp({ max: 1000, evictAtOnce: 10 })
  for (let i = 0; i < 150; i++) records.add(key(`honest ${i}`), from('honest', '10.0.0.9'))
  for (let i = 0; i < 20_000; i++) {
    const spammer = i % 5
    records.add(key(`spam ${i}`), from(`spammer ${spammer}`, `10.0.1.${spammer}`))
  }
  expect(records.size).toBeLessThanOrEqual(1000)
  expect(records.size).toBeGreaterThan(900)
  expect(kept(records, 'honest', 150)).toBe(150)
})

test('very many peers of one address, or of one network, weigh as one', async () => {
  const { records } = await setUp({ max: 1000, evictAtOnce: 10, maxAnnouncers: 400, forgetAtOnce: 8 })
  for (let i = 0; i < 300; i++) records.add(key(`honest ${i}`), from('honest', '10.0.0.9'))
  for (let i = 0; i < 300; i++) records.add(key(`other ${i}`), from(`other ${i % 30}`, `10.0.2.${i % 30}`))
  for (let i = 0; i < 5000; i++) records.add(key(`one ${i}`), from(`one ${i}`, '5.5.5.5'))
  for (let i = 0; i < 5000; i++) records.add(key(`many ${i}`), from(`many ${i}`, `6.6.6.${i % 250}`))
  for (let i = 0; i < 5000; i++) {
    const host = `2a00:1:2:${(i % 250).toString(16)}00::1`
    records.add(key(`six ${i}`), from(`six ${i}`, host, ['/ip6/2a00::1/tcp/1']))
  }
  expect(kept(records, 'honest', 300)).toBe(300)
  expect(kept(records, 'other', 300)).toBe(300)
  expect(records.size).toBeLessThanOrEqual(1000)
})

test('two DHTs share what a node keeps, and the flood in one loses, not the other', () => {
  const quota = new RecordQuota(1000)
  const [lan, amino] = [1, 2].map(
    (seed) =>
      new ProviderRecords({
        values: memoryValues(),
        clock: new VirtualClock(),
        rng: seededRng(seed),
        quota,
        limits: { evictAtOnce: 10 }
      })
  ) as [ProviderRecords, ProviderRecords]
  for (let i = 0; i < 3000; i++) amino.add(key(`flood ${i}`), from('flood', '5.5.5.5'))
  for (let i = 0; i < 400; i++) lan.add(key(`a ${i}`), from('neighbour', '10.0.0.2'))
  for (let i = 0; i < 3000; i++) amino.add(key(`more ${i}`), from('flood', '5.5.5.5'))
  expect(kept(lan, 'a', 400)).toBe(400)
  expect(lan.size + amino.size).toBeLessThanOrEqual(1000)
})

test('a start reads what there is a few milliseconds at a time', async () => {
  const { records, values, clock } = await setUp()
  for (let i = 0; i < 60_000; i++) records.add(key(`a ${i}`), from('peer'))
  records.stop()
  let pauses = 0
  const again = new ProviderRecords({
    values,
    clock,
    rng: seededRng(1),
    pause: async () => {
      pauses++
    }
  })
  expect(again.size).toBe(0)
  await again.load()
  expect(again.size).toBe(60_000)
  expect(pauses).toBeGreaterThan(0)
})

test('one key has a bounded number of providers and answers, and a crowd keeps nobody out', async () => {
  const { records } = await setUp({ maxPerKey: 50 })
  for (let i = 0; i < 300; i++) records.add(key('hot'), from(`crowd ${i}`, '10.0.0.1'))
  expect(records.size).toBe(50)
  const answer = records.providers(key('hot'), 20)
  expect(new Set(answer.map((each) => each.peer)).size).toBe(20)
  for (let i = 0; i < 10; i++) records.add(key('hot'), from(`honest ${i}`, `10.0.1.${i}`))
  for (let i = 0; i < 300; i++) records.add(key('hot'), from(`crowd again ${i}`, '10.0.0.1'))
  const all = records.providers(key('hot'), 1000).map((each) => each.peer)
  expect(all).toHaveLength(50)
  expect(all.filter((peer) => peer.startsWith('honest'))).toHaveLength(10)
})

test('records that are announced again within the hour are not written again', async () => {
  const { records, values, clock } = await setUp()
  for (let i = 0; i < 100; i++) records.add(key(`a ${i}`), from('peer'))
  records.flush()
  const before = [...values.rows.keys()]
  for (let i = 0; i < 100; i++) records.add(key(`a ${i}`), from('peer'))
  records.flush()
  expect([...values.rows.keys()]).toEqual(before)
  clock.advance(2 * HOUR)
  records.add(key('a 1'), from('peer'))
  records.flush()
  expect(values.rows.size).toBe(before.length + 1)
})

test('the log on disk stays short, and all is there after a kill at any time', async () => {
  const { records, values, open } = await setUp({ maxUnwritten: 64 })
  for (let i = 0; i < 30_000; i++) {
    records.add(key(`a ${i}`), from(`peer ${i % 7}`, `10.0.0.${i % 7}`))
    if (i % 5000 !== 4999) continue
    records.flush()
    const killed = await open()
    expect(killed.size).toBe(i + 1)
  }
  const rows = [...values.rows.keys()]
  expect(rows.filter((row) => row.startsWith('log/')).length).toBeLessThanOrEqual(16 * 256 + 1)
  expect(rows.filter((row) => row.startsWith('shard/')).length).toBeGreaterThan(20)
  let bytes = 0
  for (const [row, value] of values.rows) bytes += row.length + value.byteLength
  expect(bytes / 30_000).toBeLessThan(40)
})

test('a disk that refuses does not stop the keeping; what it has later is right', async () => {
  const { records, values, open } = await setUp()
  const batch = values.batch
  values.batch = () => {
    throw new Error('disk full')
  }
  for (let i = 0; i < 10; i++) records.add(key(`a ${i}`), from('peer'))
  records.flush()
  expect(kept(records, 'a', 10)).toBe(10)
  values.batch = batch
  for (let i = 0; i < 10; i++) records.add(key(`b ${i}`), from('peer 2'))
  records.flush()
  const again = await open()
  expect(kept(again, 'b', 10)).toBe(10)
  expect(again.size).toBe(10)
})

test('damaged rows and rows of an earlier form mean nothing', async () => {
  const { records, values, open } = await setUp()
  records.add(key('a'), from('peer'))
  records.flush()
  for (const row of ['r/x/y', 'p/y/x', 'a/y']) values.put(row, Uint8Array.of(1))
  values.put('state', Uint8Array.of(1, 2, 3))
  const again = await open()
  expect(again.size).toBe(0)
  expect(values.rows.size).toBe(1)
  again.add(key('a'), from('peer'))
  again.flush()
  for (const row of [...values.rows.keys()].filter((each) => each !== 'state'))
    values.put(row, Uint8Array.of(7))
  expect((await open()).size).toBe(0)
})

test('the count is that of the records, whatever happens', async () => {
  const step = fc.record({
    key: fc.nat(20),
    peer: fc.nat(5),
    host: fc.nat(2),
    hours: fc.nat(30),
    act: fc.constantFrom('', 'sweep', 'restart')
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, open, ...made } = await setUp({
        max: 15,
        evictAtOnce: 3,
        maxPerKey: 3,
        maxAnnouncers: 5
      })
      let { records } = made
      for (const each of steps) {
        records.add(key(`k ${each.key}`), from(`p${each.peer}`, `10.0.0.${each.host}`))
        clock.advance(each.hours * HOUR)
        if (each.act === 'sweep') await records.sweep()
        if (each.act === 'restart') {
          records.flush()
          records = await open()
        }
        expect(records.size).toBeLessThanOrEqual(15)
      }
      await records.sweep()
      expect(kept(records, 'k', 21)).toBe(records.size)
    }),
    { numRuns: 50 }
  )
})
