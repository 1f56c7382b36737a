import { expect, test } from 'vitest'
import { BufferRing } from '../src/import/buffer-ring.ts'

test('who finds no buffer waits for one that is given back', async () => {
  const ring = new BufferRing(2, 10)
  const [first] = [await ring.take(), await ring.take()]
  const waiting = ring.take()
  ring.give(first)
  expect(await waiting).toBe(first)
})

test('frees its memory when it is closed, of what is in use when it comes back', async () => {
  const ring = new BufferRing(2, 10)
  const [idle, used] = [await ring.take(), await ring.take()]
  ring.give(idle)
  ring.close()
  expect([idle.byteLength, used.byteLength]).toEqual([0, 10])
  ring.give(used)
  expect(used.byteLength).toBe(0)
})
