import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { expect, test } from 'vitest'
import { HeldBytes } from '../../src/relay/held-bytes.ts'

const step = fc.oneof(
  fc.record({ push: fc.integer({ min: 0, max: 40_000 }), of: fc.integer({ min: 0, max: 200_000 }) }),
  fc.record({ take: fc.integer({ min: 0, max: 70_000 }) })
)

test('gives back what it took, in order, whatever the sizes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const held = new HeldBytes()
      let value = 0
      const inside: Uint8Array[] = []
      const outside: Uint8Array[] = []
      for (const one of steps) {
        if ('push' in one) {
          const chunk = new Uint8Array(one.push + one.of).subarray(one.of).map(() => value++ % 256)
          held.push(chunk)
          inside.push(chunk)
        } else outside.push(held.take(one.take))
      }
      while (held.length > 0) outside.push(held.take(1000))
      expect(Buffer.compare(concat(inside), concat(outside))).toBe(0)
      expect(held.take(1)).toHaveLength(0)
    })
  )
})

test('a byte of a large buffer does not keep the buffer, and many single bytes share one', () => {
  const held = new HeldBytes()
  for (let i = 0; i < 1000; i++) held.push(new Uint8Array(65_536).subarray(7, 8))
  const part = held.take(1000)
  expect(part).toHaveLength(1000)
  expect(part.buffer.byteLength).toBeLessThanOrEqual(16 * 1024)
})
