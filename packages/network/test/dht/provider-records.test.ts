import { HOUR, seededRng } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { multihashOf } from '../../src/dht/kad-key.ts'
import { ProviderRecords } from '../../src/dht/provider-records.ts'
import { memoryValues } from '../support/memory-values.ts'
import { digest } from '../support/nodes.ts'

const key = (text: string): Uint8Array => multihashOf(digest(text))

function setUp(limits = {}) {
  const values = memoryValues()
  const clock = new VirtualClock()
  const open = (): ProviderRecords => new ProviderRecords({ values, clock, rng: seededRng(1), limits })
  return { values, clock, open, records: open() }
}

test('records are there at once and after a restart', () => {
  const { records, open } = setUp()
  records.add(key('a'), 'peer1', ['/ip4/1.2.3.4/tcp/1'])
  expect(records.providers(key('a'), 20)).toEqual([{ peer: 'peer1', addresses: ['/ip4/1.2.3.4/tcp/1'] }])
  expect(records.providers(key('b'), 20)).toEqual([])
  records.stop()
  const again = open()
  expect(again.size).toBe(1)
  expect(again.providers(key('a'), 20)).toHaveLength(1)
})

test('records end after 48 h, unless renewed, and are swept from the store', () => {
  const { records, clock, values } = setUp()
  records.add(key('a'), 'old', ['/x'])
  records.add(key('a'), 'renewed', ['/x'])
  clock.advance(30 * HOUR)
  records.add(key('a'), 'renewed', ['/x'])
  clock.advance(20 * HOUR)
  expect(records.providers(key('a'), 20).map((each) => each.peer)).toEqual(['renewed'])
  records.sweep()
  expect(records.size).toBe(1)
  expect([...values.rows.keys()].some((row) => row.includes('old'))).toBe(false)
})

test('a full store drops records of the heaviest announcer, not of the others', () => {
  const { records } = setUp({ max: 100, evictAtOnce: 10 })
  for (let i = 0; i < 20; i++) records.add(key(`honest ${i}`), 'honest', ['/h'])
  for (let i = 0; i < 5000; i++) records.add(key(`spam ${i}`), 'spammer', ['/s'])
  expect(records.size).toBeLessThanOrEqual(100)
  for (let i = 0; i < 20; i++) expect(records.providers(key(`honest ${i}`), 20)).toHaveLength(1)
})

test('one key has a bounded number of providers and answers', () => {
  const { records } = setUp({ maxPerKey: 50 })
  for (let i = 0; i < 300; i++) records.add(key('hot'), `peer${i}`, ['/x'])
  expect(records.size).toBe(50)
  const answer = records.providers(key('hot'), 20)
  expect(new Set(answer.map((each) => each.peer)).size).toBe(20)
})

test('the count is that of the rows, whatever happens', () => {
  const step = fc.record({ key: fc.nat(20), peer: fc.nat(5), hours: fc.nat(30), sweep: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { records, clock, values } = setUp({ max: 15, evictAtOnce: 3, maxPerKey: 3 })
      for (const each of steps) {
        records.add(key(`k${each.key}`), `p${each.peer}`, ['/x'])
        clock.advance((each.hours * HOUR) as never)
        if (each.sweep) records.sweep()
        expect(records.size).toBeLessThanOrEqual(15)
      }
      records.flush()
      const rows = [...values.rows.keys()]
      expect(rows.filter((row) => row.startsWith('r/'))).toHaveLength(records.size)
      expect(rows.filter((row) => row.startsWith('p/'))).toHaveLength(records.size)
    }),
    { numRuns: 50 }
  )
})
