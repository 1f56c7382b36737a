import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Content, makeContent, type Node, World } from './node.ts'

const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

/** A seeder whose share lost all pieces but some to a newer version of its path. */
async function seederOf(left: readonly number[]): Promise<{ seeder: Node; old: Content; newer: Content }> {
  const [old, newer] = [makeContent(1, { '': 6 * MIB }), makeContent(2, { '': 6 * MIB })]
  const seeder = await world.node('seeder')
  await seeder.seed('film', old)
  await seeder.seed('film', newer)
  seeder.files.place('/gone', old.cid, old.layout, old.block, left)
  await seeder.session.supersede(seeder.session.share(old.cid), newer.cid)
  return { seeder, old, newer }
}

const bothStates = (node: Node, ...contents: Content[]) =>
  contents.map(({ cid }) => node.session.share(cid).state.state)

test('an older version gives the pieces that are still there, and claims no other', async () => {
  const { seeder, old, newer } = await seederOf([0, 2, 3])
  await world.until('it is looked at', () => seeder.session.share(old.cid).state.state === 'seeding')
  const share = seeder.session.share(old.cid)
  expect(share.state.reason).toBe(
    `older version: 3 of 6 pieces are still there; the newer one is ${newer.cid}`
  )
  expect(share.bytes.done).toBe(3 * MIB)
  expect([...(share.pieceMap()?.ones() ?? [])]).toEqual([0, 2, 3])

  const fetcher = await world.node('fetcher')
  const fetched = await fetcher.fetch(old.cid)
  await world.until('three pieces came', () => fetched.bytes.have?.count === 3)
  expect(fetched.record.complete).toBe(false)
  expect(bothStates(seeder, old, newer)).toEqual(['seeding', 'seeding'])
})

test('it takes no part while it is looked at', async () => {
  const { seeder, old } = await seederOf([1])
  const share = seeder.session.share(old.cid)
  await world.until('it is looked at', () => share.state.state === 'seeding')
  const again = seeder.session.supersede(share, 'bafkother')
  await again
  expect([share.refusal(), share.state.state]).toEqual(['busy', 'checking'])
  await world.until('it is back', () => share.refusal() === undefined)
})

test('of which nothing is left is in error, and says which is newer', async () => {
  const { seeder, old, newer } = await seederOf([])
  const share = seeder.session.share(old.cid)
  await world.until('it fails', () => share.state.state === 'error')
  expect(share.failure?.code).toBe('session.superseded')
  expect(share.state.reason).toContain(newer.cid)
})

test('it is one after a restart, and none once its path is seeded with its content again', async () => {
  const { seeder, old, newer } = await seederOf([4])
  await world.until('it is looked at', () => seeder.session.share(old.cid).state.state === 'seeding')
  await seeder.stop()
  const again = await world.node('seeder', { disk: seeder })
  const share = again.session.share(old.cid)
  expect(share.refusal()).toBe('busy')
  await world.until('it is looked at again', () => share.bytes.done === MIB)
  expect(share.newer).toBe(newer.cid)

  const whole = await again.seed('film', old)
  expect([whole.newer, whole.state, whole.bytes.done]).toEqual([
    undefined,
    { state: 'seeding', reason: undefined },
    6 * MIB
  ])
})

test('it may be removed, and is then forgotten', async () => {
  const { seeder, old } = await seederOf([4])
  await seeder.session.remove(seeder.session.share(old.cid), false)
  expect((await seeder.seed('film', old)).newer).toBe(undefined)
})
