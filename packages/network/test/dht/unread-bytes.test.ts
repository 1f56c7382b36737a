import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReadBudget } from '../../src/dht/read-budget.ts'
import { UnreadBytes } from '../../src/dht/unread-bytes.ts'
import { DHT_MESSAGE } from '../../src/limits/index.ts'

test('bytes come out as they went in, whatever the pieces', () => {
  const step = fc.oneof(
    fc.record({ append: fc.uint8Array({ maxLength: 2000 }) }),
    fc.record({ take: fc.nat(3000) })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const unread = new UnreadBytes()
      let reference = Buffer.alloc(0)
      for (const each of steps) {
        if ('append' in each) {
          unread.append(each.append)
          reference = Buffer.concat([reference, each.append])
        } else {
          const count = Math.min(each.take, reference.byteLength)
          expect(Buffer.compare(unread.take(count), reference.subarray(0, count))).toBe(0)
          reference = reference.subarray(count)
        }
        expect(unread.size).toBe(reference.byteLength)
        expect(unread.at(0)).toBe(reference[0])
        expect(unread.at(reference.byteLength)).toBeUndefined()
      }
    })
  )
})

test('a node and a peer hold a bounded number of unread bytes; small requests pass all the same', () => {
  const budget = new ReadBudget()
  const size = 64 * 1024
  let taken = 0
  while (budget.count('one', size, size)) taken += size
  expect(taken).toBe(DHT_MESSAGE.maxUnreadOfPeer)
  let peers = 0
  while (budget.count(`peer ${peers}`, size, size)) peers++
  expect(budget.held).toBeGreaterThan(DHT_MESSAGE.maxUnreadOfAll)
  expect(budget.held).toBeLessThanOrEqual(DHT_MESSAGE.maxUnreadOfAll + size)
  expect(budget.count('honest', 100, 100)).toBe(true)
  budget.count('one', -taken - size, 0)
  for (let i = 0; i <= peers; i++) budget.count(`peer ${i}`, -size, 0)
  budget.count('honest', -100, 0)
  expect(budget.held).toBe(0)
})
