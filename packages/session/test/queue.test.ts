import { parseShareRef } from '@p2pshare/content'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ShareDriver } from '../src/index.ts'
import { type Content, makeContent, type Node, World } from './node.ts'

const MIB = 1024 * 1024
const NOBODY = makeContent(99, { '': 2 * MIB }).cid
/** What a minute's patience, and the look after it, take. */
const STALLED_BY = 63_000

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

const contents = (count: number): Content[] =>
  Array.from({ length: count }, (_, i) => makeContent(20 + i, { '': 3 * MIB }))

/** Their states by their first letter: f(etching), q(ueued), s(eeding), p(aused). */
const states = (shares: readonly ShareDriver[]): string =>
  shares.map(({ state }) => state.state.charAt(0)).join('')

/** Lets so much time pass. */
async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 1000) {
    await new Promise(setImmediate)
    await world.clock.advanceAsync(1000)
  }
}

/** A node on which all are asked for at once, that nobody has. */
async function waiting(count: number, fetches: number): Promise<{ node: Node; shares: ShareDriver[] }> {
  const node = await world.node('fetcher', { startControls: { fetches } })
  const shares: ShareDriver[] = []
  for (const { cid } of contents(count)) shares.push(await node.fetch(cid))
  return { node, shares }
}

describe('the queue of fetches', () => {
  test('lets so many run, the others in turn, and says at which place they wait', async () => {
    const seeder = await world.node('seeder')
    const all = contents(3)
    for (const [i, content] of all.entries()) await seeder.seed(`file${i}`, content)
    const node = await world.node('fetcher', { startControls: { fetches: 1 } })
    const shares: ShareDriver[] = []
    for (const { cid } of all) shares.push(await node.fetch(cid))
    expect(states(shares)).toBe('fqq')
    expect(shares.map(({ state }) => state.reason)).toEqual([
      undefined,
      'place 2 of 3 in the queue',
      'place 3 of 3 in the queue'
    ])
    expect(shares[2]?.members.refusal()).toBe('paused')
    let most = 0
    await world.until('all are complete', () => {
      most = Math.max(most, states(shares).split('f').length - 1)
      return shares.every(({ record }) => record.complete)
    })
    expect(most).toBe(1)
    expect(node.session.controls.queue.entries()).toEqual([])
  })

  test('what nobody has holds no place for ever, and goes on beside the others', async () => {
    const [content] = contents(1) as [Content]
    await (await world.node('seeder')).seed('file', content)
    const node = await world.node('fetcher', { startControls: { fetches: 1 } })
    const lost = await node.fetch(NOBODY)
    const share = await node.fetch(content.cid)
    await pass(55_000)
    expect(states([lost, share])).toBe('fq')
    await world.until('the other one is complete', () => share.record.complete)
    expect(lost.state.state).toBe('fetching')
    expect(node.session.controls.queue.find(NOBODY)).toMatchObject({ place: 1, running: true, stalled: true })
  })

  test('who waits for a full disk holds no place', async () => {
    const seeder = await world.node('seeder')
    const all = contents(2)
    for (const [i, content] of all.entries()) await seeder.seed(`file${i}`, content)
    const node = await world.node('fetcher', { startControls: { fetches: 1 } })
    node.files.free = MIB
    const shares: ShareDriver[] = []
    for (const { cid } of all) shares.push(await node.fetch(cid))
    await pass(20_000)
    expect(shares.map(({ state }) => state.reason)).toEqual(
      shares.map(() => expect.stringContaining('disk full'))
    )
    expect(shares.map(({ record }) => record.state)).toEqual(['fetching', 'fetching'])
    node.files.free = 1e12
    await world.until('both are complete', () => shares.every(({ record }) => record.complete))
  })

  test('who waits for a disk or a folder that is away holds no place, and goes on when it is back', async () => {
    const node = await world.node('fetcher', { startControls: { fetches: 1 } })
    const folders = ['/usb', '/gone', '/downloads']
    node.files.disks.set('/usb', { free: 1e12 })
    const shares: ShareDriver[] = []
    const all = contents(3)
    for (const [i, { cid }] of all.entries())
      shares.push(await node.session.fetch(parseShareRef(cid), { folder: folders[i] ?? '', force: false }))
    expect(states(shares)).toBe('fqq')
    node.files.disks.delete('/usb')
    await pass(12_000)
    expect(states(shares)).toBe('ofq')
    node.files.absent.add('/gone')
    await pass(12_000)
    // Sooner than one that stalls would make way.
    expect(states(shares)).toBe('oef')
    expect(shares.map(({ record }) => record.state)).toEqual(['fetching', 'fetching', 'fetching'])
    node.files.disks.set('/usb', { free: 1e12 })
    node.files.absent.clear()
    const seeder = await world.node('seeder')
    for (const [i, content] of all.entries()) await seeder.seed(`file${i}`, content)
    await world.until('all are complete', () => shares.every(({ record }) => record.complete))
  })

  test('a pause outlasts what held it, and is the one that is shown', async () => {
    const node = await world.node('fetcher', { startControls: { fetches: 1 } })
    node.files.disks.set('/downloads', { free: 1e12 })
    const [content] = contents(1) as [Content]
    const share = await node.fetch(content.cid)
    node.files.disks.delete('/downloads')
    await pass(12_000)
    expect(share.state.state).toBe('offline')
    node.session.pause(share)
    expect(share.state).toEqual({ state: 'paused', reason: undefined })
    node.files.disks.set('/downloads', { free: 1e12 })
    await pass(30_000)
    expect(share.state.state).toBe('paused')
    node.files.disks.delete('/downloads')
    node.session.resume(share)
    await pass(12_000)
    expect(share.state.state).toBe('offline')
  })

  test('is put in another order: who comes first then, runs', async () => {
    const { node, shares } = await waiting(3, 1)
    const { queue } = node.session.controls
    queue.move(shares[2]?.cid ?? '', 'first')
    await pass(1000)
    expect(states(shares)).toBe('qqf')
    expect(shares[0]?.state.reason).toBe('place 2 of 3 in the queue')
    queue.move(shares[2]?.cid ?? '', 3)
    await pass(1000)
    expect(states(shares)).toBe('fqq')
  })

  test('keeps order and states over restarts, also when nobody could say goodbye', async () => {
    const { node, shares } = await waiting(3, 1)
    node.session.controls.queue.move(shares[2]?.cid ?? '', 'first')
    await pass(1000)
    const again = await world.node('again', { disk: node, startControls: { fetches: 1 } })
    const { queue } = again.session.controls
    expect(queue.entries().map(({ cid, running }) => [cid, running])).toEqual([
      [shares[2]?.cid, true],
      [shares[0]?.cid, false],
      [shares[1]?.cid, false]
    ])
  })

  test('a lower limit counts at once; one that is found at a start, once it is known who is stalled', async () => {
    const { node, shares } = await waiting(3, 3)
    node.session.controls.configure({ fetches: 2 })
    await pass(1000)
    expect(states(shares)).toBe('ffq')
    node.session.controls.configure({})
    await pass(1000)
    expect(states(shares)).toBe('fff')
    await node.stop()
    const all = contents(3)
    const seeder = await world.node('seeder')
    seeder.session.limits.change({ up: 90_000 as never, includeLan: true })
    for (const [i, content] of all.entries()) await seeder.seed(`file${i}`, content)
    const again = await world.node('again', { disk: node, startControls: { fetches: 1 } })
    const resumed = all.map(({ cid }) => again.session.share(cid))
    expect(states(resumed)).toBe('fff')
    await pass(STALLED_BY)
    expect(states(resumed).split('f').length - 1).toBeLessThan(3)
  })

  test('resume --now runs beside the queue, until it is paused or moved', async () => {
    const { node, shares } = await waiting(3, 1)
    const [, second, third] = shares as [ShareDriver, ShareDriver, ShareDriver]
    node.session.resume(third)
    expect(states(shares)).toBe('fqq')
    node.session.resume(third, true)
    await pass(1000)
    expect(states(shares)).toBe('fqf')
    expect(node.session.controls.queue.find(third.cid)).toMatchObject({ forced: true })
    const again = await world.node('again', { disk: node, startControls: { fetches: 1 } })
    expect(again.session.share(third.cid).state.state).toBe('fetching')
    await again.stop()
    node.session.controls.queue.move(third.cid, 'up')
    await pass(1000)
    expect(states(shares)).toBe('fqq')
    node.session.resume(second, true)
    node.session.pause(second)
    node.session.resume(second)
    expect(states(shares)).toBe('fqq')
  })

  test('a paused fetch gives its place to the next, and has to wait for one again', async () => {
    const { node, shares } = await waiting(2, 1)
    const [first] = shares as [ShareDriver]
    node.session.pause(first)
    await pass(1000)
    expect(states(shares)).toBe('pf')
    node.session.resume(first)
    expect(states(shares)).toBe('qf')
    // It kept its place before the other one, which is not stopped for it.
    expect(node.session.controls.queue.find(first.cid)).toMatchObject({ place: 1, running: false })
    await node.session.remove(node.session.share(shares[1]?.cid ?? ''), false)
    await pass(1000)
    expect(first.state.state).toBe('fetching')
  })

  test('complete shares have no place', async () => {
    const [content] = contents(1) as [Content]
    const node = await world.node('seeder')
    const share = await node.seed('file', content)
    expect(() => node.session.controls.queue.move(share.cid, 'first')).toThrow(
      expect.objectContaining({ code: 'session.not-in-queue' })
    )
  })

  test('more files of a share that has what was chosen have to wait for their turn, too', async () => {
    const content = makeContent(50, { a: 2 * MIB, b: 2 * MIB })
    await (await world.node('seeder')).seed('folder', content)
    const node = await world.node('fetcher', { startControls: { fetches: 1 } })
    const share = await node.fetch(content.cid)
    await share.wishes.wish({ choice: { paths: ['a'], globs: [], numbers: [] } })
    await world.until('what was chosen is here', () => share.state.state === 'seeding')
    const other = await node.fetch(NOBODY)
    await share.wishes.wish({ choice: 'all' })
    expect(states([share, other])).toBe('qf')
    await node.session.remove(other, false)
    await world.until('all of it is here', () => share.record.complete)
  })
})

describe('checks', () => {
  test('so many at a time; others go on with what they do until their turn comes', async () => {
    const node = await world.node('seeder', { startControls: { checks: 1 } })
    const shares: ShareDriver[] = []
    for (const [i, content] of contents(3).entries()) shares.push(await node.seed(`file${i}`, content))
    const { checks } = node.session.controls
    expect(shares.map((share) => checks.check(share))).toEqual(['checking', 'queued', 'queued'])
    expect(shares.map(({ state }) => state)).toEqual([
      { state: 'checking', reason: undefined },
      { state: 'seeding', reason: 'waits to be verified, place 1 of 2' },
      { state: 'seeding', reason: 'waits to be verified, place 2 of 2' }
    ])
    expect(checks.check(shares[2] as ShareDriver)).toBe('queued')
    await world.until('all are checked', () => checks.running.length + checks.waiting.length === 0)
    expect(states(shares)).toBe('sss')
    expect([...node.catalogue.values('checks').query('')]).toEqual([])
  })

  test('keep their order over restarts, also when nobody could say goodbye; what was under way begins anew', async () => {
    const node = await world.node('seeder', { startControls: { checks: 1 } })
    const shares: ShareDriver[] = []
    for (const [i, content] of contents(4).entries()) shares.push(await node.seed(`file${i}`, content))
    const [first, second, third, fourth] = shares as [ShareDriver, ShareDriver, ShareDriver, ShareDriver]
    const { checks } = node.session.controls
    for (const share of [third, first, fourth, second]) checks.check(share)
    await node.session.remove(fourth, false)
    const killed = [...node.catalogue.values('checks').query('')]
    expect(killed).toHaveLength(3)
    await node.stop()
    // The end of the daemon leaves the same as a kill.
    expect([...node.catalogue.values('checks').query('')]).toEqual(killed)
    const again = await world.node('again', { disk: node, startControls: { checks: 1 } })
    const resumed = again.session.controls.checks
    expect([resumed.running, resumed.waiting]).toEqual([[third.cid], [first.cid, second.cid]])
    resumed.check(again.session.share(third.cid))
    await world.until('all are checked', () => resumed.running.length + resumed.waiting.length === 0)
    expect([...again.catalogue.values('checks').query('')]).toEqual([])
    await again.stop()
    const last = await world.node('last', { disk: node, startControls: { checks: 1 } })
    expect(last.session.controls.checks.running).toEqual([])
  })
})
