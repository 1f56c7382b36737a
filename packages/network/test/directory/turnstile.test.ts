import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeProducers } from '../../src/directory/merge.ts'
import { Turnstile } from '../../src/directory/turnstile.ts'

test('never lets in more than its limit, loses no place, and serves in order', async () => {
  const step = fc.record({ abort: fc.boolean(), leaveTwice: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 20 }),
      async (limit, steps) => {
        const turnstile = new Turnstile(limit)
        let inside = 0
        const order: number[] = []
        const work = steps.map(async ({ abort, leaveTwice }, i) => {
          const controller = new AbortController()
          const entering = turnstile.enter(controller.signal)
          if (abort) controller.abort()
          const leave = await entering
          if (leave === undefined) return
          order.push(i)
          expect(++inside).toBeLessThanOrEqual(limit)
          await new Promise((resolve) => setImmediate(resolve))
          inside--
          leave()
          if (leaveTwice) leave()
        })
        await Promise.all(work)
        expect(order).toEqual(order.toSorted((a, b) => a - b))
        for (let i = 0; i < limit; i++)
          expect(await turnstile.enter(new AbortController().signal)).toBeDefined()
      }
    ),
    { numRuns: 50 }
  )
})

test('producers are merged as they give, and what nobody takes is bounded', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const slow = async (emit: (n: number) => void): Promise<void> => {
    await promise
    emit(1000)
  }
  const flood = async (emit: (n: number) => void): Promise<void> => {
    for (let i = 0; i < 100; i++) emit(i)
  }
  const out: number[] = []
  for await (const n of mergeProducers([slow, flood], 10)) {
    out.push(n)
    if (out.length === 10) resolve()
  }
  expect(out).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1000])
})
