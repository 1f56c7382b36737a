import { Bitfield } from '@p2pshare/base'
import { INTERNET } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeContent, type Node, World } from './node.ts'
import { invented, linkTo, madeUpRecord, peerName, StrangeLink, warnings } from './stranger.ts'

const MIB = 1024 * 1024
const content = makeContent(1, { 'a.bin': 3 * MIB, 'b.bin': 500 })
const { cid } = content
const SECOND = 1000
const MINUTE = 60 * SECOND

let world: World
beforeEach(() => {
  world = new World()
  // As where no DHT server can be reached: hints and what peers tell are all there is.
  world.board.reachable = false
})
afterEach(() => world.stop())

/** Nodes of which each is told of the one before only. */
async function chain(names: readonly string[]): Promise<Node[]> {
  const nodes: Node[] = []
  for (const [i, name] of names.entries()) {
    const node = await world.node(peerName(name))
    await node.fetch(i === 0 ? cid : linkTo(cid, peerName(names[i - 1] ?? '')))
    nodes.push(node)
  }
  return nodes
}

const connected = (node: Node): number => node.session.share(cid).finder.report.connected
const sources = (node: Node): Record<string, number> =>
  Object.fromEntries(
    node.session.share(cid).finder.report.tried.map(({ source, providers }) => [source, providers])
  )

describe('one contact is enough where the DHT is empty', () => {
  test('in a chain of contacts everyone finds everyone, within three minutes', async () => {
    const nodes = await chain(['a', 'b', 'c', 'd', 'e', 'f'])
    const begun = world.clock.now()
    await world.until('all know all', () => nodes.every((node) => connected(node) === 5))
    expect(world.clock.now() - begun).toBeLessThanOrEqual(3 * MINUTE)
    // The last one was told of its predecessor only.
    expect(sources(nodes[5] as Node)['exchange']).toBeGreaterThanOrEqual(3)
  })

  test('a seeder that only the last one knows serves all of them', async () => {
    const nodes = await chain(['a', 'b', 'c', 'd'])
    const seeder = await world.node(peerName('seed'))
    const share = await seeder.seed('folder', content)
    const last = await world.node(peerName('last'))
    await last.fetch(linkTo(cid, peerName('seed'), peerName('d')))
    await world.until('all have it', () => nodes.every((node) => node.session.share(cid).record.complete))
    expect(share.record.complete).toBe(true)
  })

  test('a seeder passes on who fetches, and remembers nobody from hearsay', async () => {
    const seeder = await world.node(peerName('seed'))
    const share = await seeder.seed('folder', content)
    const first = await StrangeLink.join(await world.stranger(peerName('x')), peerName('seed'), cid)
    const record = madeUpRecord(peerName('x'))
    const rumour = madeUpRecord(peerName('rumour'))
    first.say({ type: 'peer-exchange', slot: first.slot, records: [record, rumour] })
    await first.settled()
    const second = await StrangeLink.join(await world.stranger(peerName('y')), peerName('seed'), cid)
    await world.until('the second is told', () => second.records().length > 1)
    expect(second.records()).toContainEqual(record)
    expect(second.records()).not.toContainEqual(rumour)
    expect(share.finder.exchange.known).toBe(0)
    expect(first.records()).toHaveLength(1)
  })

  test('one with all pieces is told of nobody but the seeder itself', async () => {
    await (await world.node(peerName('n'))).fetch(cid)
    const [one, two] = [await world.stranger(peerName('x')), await world.stranger(peerName('y'))]
    const seed = await StrangeLink.join(one, peerName('n'), cid)
    const { pieceCount } = content.layout
    seed.say({ type: 'piece-map', slot: seed.slot, pieces: Bitfield.full(pieceCount) })
    const other = await StrangeLink.join(two, peerName('n'), cid)
    other.say({ type: 'peer-exchange', slot: other.slot, records: [madeUpRecord(peerName('y'))] })
    seed.say({ type: 'peer-exchange', slot: seed.slot, records: [madeUpRecord(peerName('x'))] })
    await world.until('the other is told', () => other.records().length === 2)
    await world.clock.advanceAsync(5 * MINUTE)
    expect(seed.records()).toHaveLength(1)
  })
})

describe('addresses of a LAN', () => {
  test('are not told to the internet, and not taken from there', async () => {
    const [here, there] = [
      await world.node(peerName('h'), { place: 'home' }),
      await world.node(peerName('k'), { place: 'office' })
    ]
    const host = await world.node(peerName('i'), { place: INTERNET })
    await host.fetch(cid)
    for (const node of [here, there]) await node.fetch(linkTo(cid, peerName('i')))
    await world.until('both have linked to the host', () => connected(host) === 2)
    const beside = await world.node(peerName('j'), { place: 'home' })
    await beside.fetch(linkTo(cid, peerName('h')))
    await world.until('the neighbour hears of the host', () => connected(beside) === 2)
    await world.clock.advanceAsync(10 * MINUTE)
    expect(connected(here)).toBe(2)
    expect(sources(there)['exchange']).toBeUndefined()
    expect(sources(host)['exchange']).toBeUndefined()
    expect(sources(beside)).toMatchObject({ exchange: 1 })
  })

  test('told by a stranger on the internet make us dial nobody', async () => {
    const victim = await world.node(peerName('v'), { place: INTERNET })
    const share = await victim.fetch(cid)
    const evil = await StrangeLink.join(await world.stranger(peerName('e'), INTERNET), peerName('v'), cid)
    const inLan = madeUpRecord(peerName('r'), { addresses: ['/ip4/192.168.1.1/tcp/8080'] })
    const outside = madeUpRecord(peerName('p'), { hasPrivate: false })
    evil.say({ type: 'peer-exchange', slot: evil.slot, records: [inLan, outside] })
    await world.until('the other record is taken', () => share.finder.exchange.known === 1)
    expect(sources(victim)).toMatchObject({ exchange: 1 })
  })
})

describe('a peer that sends a million peer records', () => {
  test('is sent away for a minute after a few messages, with a reason in the log; the fetch goes on', async () => {
    const { log, lines } = warnings()
    const seeder = await world.node(peerName('seed'))
    await seeder.seed('folder', content)
    const victim = await world.node(peerName('v'), { log })
    const share = await victim.fetch(cid)
    const network = await world.stranger(peerName('e'))
    let sent = 0
    let links = 0
    // It comes back whenever it is let in, for ten minutes.
    for (let tries = 0; tries < 600 && sent < 1_000_000; tries++) {
      const evil = await StrangeLink.join(network, peerName('v'), cid).catch(() => undefined)
      if (evil !== undefined) links++
      while (evil !== undefined && evil.end === undefined && sent < 1_000_000) {
        const records = Array.from({ length: 16 }, () => madeUpRecord(invented(sent++)))
        evil.say({ type: 'peer-exchange', slot: evil.slot, records })
        await evil.settled()
      }
      await world.clock.advanceAsync(SECOND)
    }
    // Bans of 1, 2, 4 and 8 minutes.
    expect(links).toBe(4)
    expect(sent).toBeLessThan(20 * 16 * links)
    expect(lines).toContainEqual({
      message: 'link closed: peer broke a rule',
      peer: peerName('e'),
      code: 'limit-exceeded',
      reason: 'far too many peer records'
    })
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'peer banned', offence: 'chatter', minutes: 1 })
    )
    expect(share.finder.exchange.known).toBeLessThanOrEqual(200)
    expect(share.finder.report.found).toBeLessThanOrEqual(2000)
    // Others are heard as before.
    const last = await world.node(peerName('o'))
    await last.fetch(linkTo(cid, peerName('seed'), peerName('v')))
    await world.until(
      'the victim finds the seeder by the newcomer, among all the inventions',
      () => share.record.complete
    )
  })

  test('loses nothing of what others say when it stays within its budget', async () => {
    const victim = await world.node(peerName('v'))
    const share = await victim.fetch(cid)
    const evil = await StrangeLink.join(await world.stranger(peerName('e')), peerName('v'), cid)
    const honest = await StrangeLink.join(await world.stranger(peerName('h')), peerName('v'), cid)
    honest.say({ type: 'peer-exchange', slot: honest.slot, records: [madeUpRecord(peerName('good'))] })
    for (let i = 0; i < 100; i++) {
      const records = Array.from({ length: 16 }, (_, k) => madeUpRecord(invented(16 * i + k)))
      evil.say({ type: 'peer-exchange', slot: evil.slot, records })
      await evil.settled()
      await world.clock.advanceAsync(30 * SECOND)
    }
    expect(evil.end).toBeUndefined()
    expect(share.finder.exchange.known).toBeLessThanOrEqual(200)
    expect(share.finder.report.found).toBeLessThanOrEqual(2000)
  })
})
