import { millis } from '@p2pshare/base'
import { MemoryCatalogue } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { CLICKS, UNDONE_LINKS } from '../../src/opening/limits.ts'
import { LinkGate, type LinkedShare } from '../../src/opening/link-gate.ts'

/** A daemon's shares, and the gate before them; a click makes a share. */
function bench() {
  const shares = new Map<string, LinkedShare>()
  const values = new MemoryCatalogue().values('clicked')
  let now = 0
  const make = (): LinkGate =>
    new LinkGate({
      values,
      clock: { now: () => millis(now) },
      session: { shares: () => [...shares.values()] }
    })
  let gate = make()
  const put = (cid: string, state: 'fetching' | 'paused' | 'seeding', complete = false): void =>
    void shares.set(cid, { record: { cid, state, complete } })
  return {
    put,
    shares,
    noted: () => [...values.query('')].length,
    wait: (ms: number) => void (now += ms),
    restart: () => void (gate = make()),
    click: (cid: string) =>
      gate.pass(cid, async () => {
        put(cid, 'fetching')
        return cid
      })
  }
}

const tooMany = { code: 'daemon.too-many-links' }

test('a page that follows its own links gets no further than the limit, over restarts too', async () => {
  const { click, wait, put, shares, restart } = bench()
  for (let n = 0; n < UNDONE_LINKS; n++) {
    wait(CLICKS.every)
    await click(`c${n}`)
  }
  restart()
  for (let n = 0; n < 3; n++) {
    wait(CLICKS.every)
    await expect(click(`more${n}`)).rejects.toMatchObject(tooMany)
  }
  // Paused is not done; what is here already is no new job.
  put('c0', 'paused')
  await expect(click('more')).rejects.toMatchObject(tooMany)
  expect(await click('c0')).toBe('c0')
  // All of it here, all that is wanted of it here, or removed: room for others.
  put('c1', 'seeding', true)
  put('c2', 'seeding')
  shares.delete('c3')
  for (const cid of ['d1', 'd2', 'd3']) expect(await click(cid)).toBe(cid)
  await expect(click('d4')).rejects.toMatchObject(tooMany)
})

test('small ones that are done at once come at a pace', async () => {
  const { click, put, wait, noted } = bench()
  for (let n = 0; n < CLICKS.burst; n++) {
    await click(`c${n}`)
    put(`c${n}`, 'seeding', true)
  }
  await expect(click('one more')).rejects.toMatchObject(tooMany)
  wait(CLICKS.every)
  expect(await click('one more')).toBe('one more')
  expect(noted()).toBe(1)
})

test('many at the same moment count before they are made', async () => {
  const { click, wait } = bench()
  wait(UNDONE_LINKS * 10 * CLICKS.every)
  const many = await Promise.allSettled(Array.from({ length: 1000 }, (_, n) => click(`c${n}`)))
  expect(many.filter(({ status }) => status === 'fulfilled')).toHaveLength(CLICKS.burst)
})
