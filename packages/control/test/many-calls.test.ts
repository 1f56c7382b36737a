import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { seededRng } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { createControlClient } from '../src/client/index.ts'
import { STREAMS } from '../src/server/limits.ts'
import { fakeService, MOMENT } from './fake-service.ts'
import { serve } from './serve.ts'

/** A service whose streams last until they are left, and that counts them. */
function lasting() {
  const open = new Set<symbol>()
  let most = 0
  const service = fakeService({
    async *observe(_, signal) {
      const self = Symbol()
      open.add(self)
      most = Math.max(most, open.size)
      try {
        yield MOMENT
        if (!signal.aborted) await once(signal, 'abort')
      } finally {
        open.delete(self)
      }
    }
  })
  return { service, open, most: () => most }
}

test('200 commands at once, each cut somewhere, are all answered, a few at a time, and leave nothing', async () => {
  const { service, open, most } = lasting()
  const { socketPath, errors } = await serve(service)
  const client = createControlClient({ socketPath })
  const rng = seededRng(1)
  const command = async (): Promise<void> => {
    const leave = new AbortController()
    // Some are gone before they are heard, some at their answer.
    if (rng.below(4) === 0) void turn().then(() => leave.abort())
    for await (const _ of client.observe({}, leave.signal)) break
  }
  for (let wave = 0; wave < 3; wave++) await Promise.all(Array.from({ length: 200 }, command))
  await expect.poll(() => open.size).toBe(0)
  expect(most()).toBeLessThanOrEqual(STREAMS)
  expect(errors).toEqual([])
  // All places are free again.
  const again = Array.from({ length: STREAMS }, () => client.observe({}))
  await Promise.all(again.map((stream) => stream.next()))
  expect(open.size).toBe(STREAMS)
  await Promise.all(again.map((stream) => stream.return()))
})

test('a command that finds no place for too long says so, and was not begun', async () => {
  const { service, open } = lasting()
  const { socketPath } = await serve(service, { patience: 50 })
  const client = createControlClient({ socketPath })
  const held = Array.from({ length: STREAMS }, () => client.observe({}))
  await Promise.all(held.map((stream) => stream.next()))
  await expect(client.observe({}).next()).rejects.toMatchObject({ code: 'control.busy' })
  // Short ones are not held up: one of them may be to end the others.
  expect(await client.id()).toMatchObject({ peerId: '12D3' })
  expect(open.size).toBe(STREAMS)
  await held.pop()?.return()
  const next = async (): Promise<boolean> => {
    const stream = client.observe({})
    held.push(stream)
    return stream.next().then(
      () => true,
      () => false
    )
  }
  await expect.poll(next).toBe(true)
  await Promise.all(held.map((stream) => stream.return()))
})
