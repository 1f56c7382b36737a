import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeContent, World } from '../node.ts'

const MIB = 1024 * 1024
const CONTENT = makeContent(1, { '': 3 * MIB })
const options = { signal: new AbortController().signal }
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

test('a share that is missed is served from where the user says that it lies', async () => {
  const node = await world.node('seeder')
  const share = await node.seed('film', CONTENT)
  node.files.absent.add('/shared/film')
  await world.until('it is missed', () => share.state.state === 'error')
  const other = makeContent(2, { '': MIB })
  node.files.place('/other', 'another', other.layout, other.block)
  await expect(node.session.relocate(share, '/other', options)).rejects.toMatchObject({
    code: 'storage.not-the-share'
  })
  expect(share.state.state).toBe('error')

  node.files.place('/moved', CONTENT.cid, CONTENT.layout, CONTENT.block)
  await node.session.relocate(share, '/moved', options)
  expect([share.state.state, share.record.path]).toEqual(['seeding', '/moved'])
  expect(node.session.status(share).announced).toBeDefined()
  const fetched = await (await world.node('fetcher')).fetch(CONTENT.cid)
  await world.until('others get it', () => fetched.record.complete)
  await node.stop()
  const again = await world.node('seeder', { disk: node })
  expect(again.session.share(CONTENT.cid).record.path).toBe('/moved')
})

test('a paused share stays paused; a fetch whose disk is away gets a target elsewhere', async () => {
  const [seeder, node] = [await world.node('seeder'), await world.node('fetcher')]
  const seeded = await seeder.seed('film', CONTENT, [])
  node.files.disks.set('/downloads', { free: 1e12 })
  const share = await node.fetch(CONTENT.cid)
  await world.until('it runs', () => share.stage === 'pieces')
  node.files.disks.delete('/downloads')
  await world.until('it is offline', () => share.state.state === 'offline')
  node.files.occupy('/home/taken')
  await expect(node.session.relocate(share, '/home/taken', options)).rejects.toMatchObject({
    code: 'storage.target-exists'
  })
  expect(share.state.state).toBe('offline')
  await node.session.relocate(share, '/home/film', options)
  await world.until('it goes on', () => share.stage === 'pieces')
  expect(share.record.path).toBe('/home/film')

  seeder.session.pause(seeded)
  seeder.files.place('/moved', CONTENT.cid, CONTENT.layout, CONTENT.block)
  await seeder.session.relocate(seeded, '/moved', options)
  expect(seeded.state.state).toBe('paused')
})
