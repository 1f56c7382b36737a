import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeContent, World } from './node.ts'

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

test('the round trip to a linked peer is measured as often as asked; one that left gives no answer', async () => {
  const content = makeContent(1, { '': 5000 })
  const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
  await seeder.seed('small', content)
  const share = await fetcher.fetch(content.cid)
  await world.until('the fetch is complete', () => share.record.complete)

  const [link] = fetcher.session.links()
  expect(link?.peer).toBe('seeder')
  const trips = Promise.all([link?.measureRoundTrip(), link?.measureRoundTrip()])
  let answered = false
  void trips.then(() => (answered = true))
  await world.until('both answered', () => answered)
  for (const trip of await trips) expect(trip).toBeGreaterThanOrEqual(0)

  const many = Array.from({ length: 64 }, () => link?.measureRoundTrip())
  expect(await link?.measureRoundTrip()).toBeUndefined()
  await seeder.stop()
  expect(await Promise.all(many)).toHaveLength(64)
  expect(await link?.measureRoundTrip()).toBeUndefined()
})
