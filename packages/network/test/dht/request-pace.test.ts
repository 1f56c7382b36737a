import { VirtualClock } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { type Asker, RequestPace } from '../../src/dht/request-pace.ts'

const rates = {
  peer: { perSecond: 100, burst: 10 },
  block: { perSecond: 200, burst: 10 },
  node: { perSecond: 400, burst: 10 },
  maxWaiting: 20
}

function setUp() {
  const clock = new VirtualClock()
  return { clock, pace: new RequestPace(rates, clock) }
}

/** Streams of one peer, each with one request after another until the pace is stopped; counts those let in. */
function asking(pace: RequestPace, asker: Asker, streams: number): { count: number } {
  const done = { count: 0 }
  const one = async (): Promise<void> => {
    for (;;) {
      const turn = pace.enter(asker, 1)
      if (turn === 'refused') return
      if (turn !== undefined) await turn
      done.count++
    }
  }
  for (let i = 0; i < streams; i++) void one()
  return done
}

test('a peer and an address block get their rate, however many streams and peers they have', async () => {
  const { clock, pace } = setUp()
  const alone = asking(pace, { peer: 'alone', block: '1.1.1.1' }, 5)
  const crowd = Array.from({ length: 10 }, (_, i) =>
    asking(pace, { peer: `crowd ${i}`, block: '2.2.2.2' }, 2)
  )
  await clock.advanceAsync(10_000)
  expect(alone.count).toBeGreaterThan(990)
  expect(alone.count).toBeLessThan(1030)
  const together = crowd.reduce((sum, each) => sum + each.count, 0)
  expect(together).toBeGreaterThan(1900)
  expect(together).toBeLessThan(2250)
})

test('at the limit of the node address blocks take turns, and a patient one gets what it asks', async () => {
  const { clock, pace } = setUp()
  for (let i = 0; i < 30; i++) asking(pace, { peer: `flood ${i}`, block: `2.2.2.${i % 3}` }, 8)
  let most = 0
  const honest = { peer: 'honest', block: '1.1.1.1' }
  for (let i = 0; i < 50; i++) {
    const began = clock.now()
    const turn = pace.enter(honest, 1)
    expect(turn).not.toBe('refused')
    let waits = true
    void Promise.resolve(turn).then(() => {
      waits = false
    })
    await clock.advanceAsync(0)
    while (waits) await clock.advanceAsync(1)
    most = Math.max(most, clock.now() - began)
    await clock.advanceAsync(100)
  }
  expect(most).toBeLessThan(30)
})

test('only so many requests of a peer wait, and nothing is left when they are through', async () => {
  const { clock, pace } = setUp()
  const asker = { peer: 'one', block: undefined }
  const turns = Array.from({ length: 40 }, () => pace.enter(asker, 1))
  expect(turns.filter((turn) => turn === undefined)).toHaveLength(10)
  expect(turns.filter((turn) => turn === 'refused')).toHaveLength(10)
  expect(pace.waiting).toBe(20)
  await clock.runUntilIdleAsync()
  expect(pace.waiting).toBe(0)
})

test('what an answer cost in the end is paid by the next request', async () => {
  const { clock, pace } = setUp()
  const asker = { peer: 'one', block: '1.1.1.1' }
  expect(pace.enter(asker, 1)).toBeUndefined()
  pace.charge(asker, 109)
  let through = false
  void Promise.resolve(pace.enter(asker, 1)).then(() => {
    through = true
  })
  await clock.advanceAsync(900)
  expect(through).toBe(false)
  await clock.advanceAsync(200)
  expect(through).toBe(true)
})
