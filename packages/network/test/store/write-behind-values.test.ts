import { SECOND } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import { expect, test, vi } from 'vitest'
import { WriteBehindValues } from '../../src/store/write-behind-values.ts'
import { memoryValues } from '../support/memory-values.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

function setUp() {
  const values = memoryValues()
  const clock = new VirtualClock()
  const behind = new WriteBehindValues(values, clock)
  behind.start()
  return { values, clock, behind, batch: vi.spyOn(values, 'batch') }
}

test('many changes of one second are one transaction', () => {
  const { values, clock, behind, batch } = setUp()
  values.rows.set('old', bytes('0'))
  for (let i = 0; i < 100; i++) behind.put(`key ${i % 10}`, bytes(String(i)))
  behind.delete('old')
  behind.batch([{ key: 'more', value: bytes('m') }], ['key 0'])
  expect(values.rows.size).toBe(1)
  clock.advance(SECOND)
  expect(batch).toHaveBeenCalledTimes(1)
  expect([...values.rows.keys()].sort()).toEqual(
    ['more', ...Array.from({ length: 9 }, (_, i) => `key ${i + 1}`)].sort()
  )
  clock.advance(SECOND)
  expect(batch).toHaveBeenCalledTimes(1)
})

test('what is not written yet reads as if it were', () => {
  const { values, behind } = setUp()
  values.rows.set('a', bytes('old'))
  values.rows.set('b', bytes('b'))
  behind.put('a', bytes('new'))
  behind.delete('b')
  expect(behind.get('a')).toEqual(bytes('new'))
  expect(behind.get('b')).toBeUndefined()
  expect([...behind.query('')]).toEqual([{ key: 'a', value: bytes('new') }])
})

test('a stop writes all, and what comes after it', () => {
  const { values, behind } = setUp()
  behind.put('a', bytes('1'))
  behind.stop()
  expect(values.rows.get('a')).toEqual(bytes('1'))
  behind.put('a', bytes('2'))
  expect(values.rows.get('a')).toEqual(bytes('2'))
})
