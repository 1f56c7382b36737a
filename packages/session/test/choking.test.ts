import { type Bitfield, Bitfield as Bits, bytes, millis, pieceIndex, seededRng } from '@p2pshare/base'
import { MemoryCatalogue, VirtualClock } from '@p2pshare/testkit'
import type { SwarmMessage } from '@p2pshare/wire'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Choking } from '../src/serving/choking.ts'
import { Ledger } from '../src/serving/ledger.ts'
import { LinkTable } from '../src/peers/link-table.ts'
import { makeContent, type Node, World } from './node.ts'
import { StrangeLink, warnings } from './stranger.ts'

const MIB = 1024 * 1024
const content = makeContent(1, { '': 24 * MIB })
const { cid, layout } = content
/** Who is super-seeded is served without slots. */
const settings = { superSeed: 'off', uploadSlots: 4 } as const

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

const last = <T>(list: readonly T[]): T | undefined => list.at(-1)

/** A peer with a link to the node, that says what it has and wants. */
async function guest(name: string, node: string, has: Bitfield): Promise<StrangeLink> {
  const link = await StrangeLink.join(await world.stranger(name), node, cid)
  link.say({ type: 'piece-map', slot: link.slot, pieces: has })
  link.say({ type: 'interest', slot: link.slot, interested: true })
  await link.settled()
  return link
}

/** So many of them; with one digit more than single letters allow. */
async function guests(names: readonly string[], node: string, has: () => Bitfield): Promise<StrangeLink[]> {
  const links: StrangeLink[] = []
  for (const name of names) links.push(await guest(name, node, has()))
  return links
}

const none = (): Bitfield => new Bits(layout.pieceCount)
const chokes = (link: StrangeLink): boolean[] =>
  link.heard.flatMap((message: SwarmMessage) => (message.type === 'choke' ? [message.choked] : []))
const isChoked = (link: StrangeLink): boolean => last(chokes(link)) ?? false

function ask(link: StrangeLink, id: number, piece = 0): void {
  const range = { piece: pieceIndex(piece), count: 1, offset: bytes(0), length: bytes(16 * 1024) }
  link.say({ type: 'request', id, slot: link.slot, ...range })
}

const refusals = (link: StrangeLink): string[] =>
  link.heard.flatMap((message) => (message.type === 'refuse' ? [message.reason] : []))

describe('a seeder with fewer slots than peers', () => {
  const names = ['ga', 'gb', 'gc', 'gd', 'ge', 'gf']
  let seeder: Node
  let links: StrangeLink[]
  beforeEach(async () => {
    seeder = await world.node('seeder', { settings })
    await seeder.seed('file', content)
    links = await guests(names, 'seeder', none)
  })

  test('chokes who comes later, and refuses what these ask', async () => {
    expect(links.map(isChoked)).toEqual([false, false, false, false, true, true])
    const choked = links[4]
    if (choked === undefined) throw new Error('no such peer')
    ask(choked, 1)
    await choked.settled()
    expect(refusals(choked)).toEqual(['choked'])
  })

  test('gives a slot on at once when its holder leaves', async () => {
    links[0]?.link.close('done')
    await links[4]?.settled()
    expect(links.slice(1).map(isChoked).filter(Boolean)).toHaveLength(1)
  })

  test('serves all in turn', async () => {
    const had = links.map(() => 0)
    for (let i = 0; i < 60; i++) {
      await world.clock.advanceAsync(10_000)
      await links[0]?.settled()
      for (const [n, link] of links.entries()) had[n] = (had[n] ?? 0) + Number(!isChoked(link))
    }
    expect(Math.min(...had)).toBeGreaterThan(25)
    expect(had.reduce((a, b) => a + b, 0)).toBe(60 * 4)
  })

  test('silence about interest is no way around it', async () => {
    const sly = await StrangeLink.join(await world.stranger('sly'), 'seeder', cid)
    ask(sly, 1)
    await sly.settled()
    expect(refusals(sly)).toEqual(['choked'])
    expect(chokes(sly)).toEqual([true])
  })

  test('content that is asked for by hash is not either, for members and for others', async () => {
    const member = links[5]
    const other = await StrangeLink.join(await world.stranger('other'), 'seeder', cid)
    other.say({ type: 'unsubscribe', slot: other.slot, refused: false, reason: 'unspecified' })
    for (const link of [member, other]) {
      const digest = layout.digest(pieceIndex(3))
      link?.say({ type: 'block-request', id: 9, digest, offset: bytes(0), length: bytes(1024) })
      await link?.settled()
    }
    await world.clock.advanceAsync(100)
    expect(member === undefined ? [] : refusals(member)).toEqual(['choked'])
    expect(refusals(other)).toEqual(['busy'])
  })

  test('the index is for everybody', async () => {
    const node = await world.node('latecomer')
    const share = await node.fetch(cid)
    await world.until('it knows what there is to fetch', () => share.stage === 'pieces')
    await world.until('and has its turn', () => share.record.complete)
  })
})

test('a fetcher serves those who give, and free riders by chance alone', async () => {
  const node = await world.node('fetcher')
  // Four that give, as our accounts have it, and four that only take.
  const rng = seededRng(3)
  const { clock } = world
  const choking = new Choking({
    catalogue: node.catalogue,
    clock,
    rng,
    links: new LinkTable(clock),
    settings: { uploadSlots: 4 }
  })
  const names = ['ga', 'gb', 'gc', 'gd', 'ra', 'rb', 'rc', 'rd']
  for (const name of names) {
    choking.joined({ name } as never, cid, false)
    choking.interest(name, cid, true)
  }
  const served = new Map(names.map((name) => [name, 0]))
  for (let second = 0; second < 1200; second++) {
    for (const [i, name] of names.slice(0, 4).entries()) choking.received(name, cid, 100_000 + i * 1000)
    await clock.advanceAsync(1000)
    for (const name of names) if (!choking.isChoked(name, cid)) served.set(name, (served.get(name) ?? 0) + 1)
  }
  choking.stop()
  const of = (prefix: string): number =>
    names.filter((name) => name.startsWith(prefix)).reduce((sum, name) => sum + (served.get(name) ?? 0), 0)
  expect(of('g')).toBeGreaterThan(of('r') * 2.5)
  expect(of('r')).toBeGreaterThan(600)
})

describe('the ledger', () => {
  test('outlives links and restarts', () => {
    const catalogue = new MemoryCatalogue()
    const clock = new VirtualClock()
    const make = (): Choking =>
      new Choking({
        catalogue,
        clock,
        rng: seededRng(1),
        links: new LinkTable(clock),
        settings: { uploadSlots: 1 }
      })
    const before = make()
    before.received('giver', cid, 5 * MIB)
    before.sent('taker', cid, 5 * MIB, undefined)
    before.stop()
    const after = make()
    for (const name of ['first', 'taker', 'giver']) {
      after.joined({ name } as never, cid, false)
      after.interest(name, cid, true)
    }
    after.left('first', cid)
    expect([after.isChoked('taker', cid), after.isChoked('giver', cid)]).toEqual([true, false])
    after.stop()
  })

  test('drops rows that make no sense, and the oldest beyond 10,000', () => {
    const store = new MemoryCatalogue().values('ledger')
    store.batch(
      [
        { key: 'short', value: new Uint8Array(3) },
        { key: 'nan', value: new Uint8Array(24).fill(0xff) }
      ],
      []
    )
    const ledger = new Ledger(store)
    for (let i = 0; i < 10_050; i++) ledger.gave(`p${i}`, 1 + i)
    ledger.save()
    const rows = [...store.query('')].map(({ key }) => key)
    expect(rows).toHaveLength(10_000)
    expect(rows).not.toContain('short')
    expect(rows).not.toContain('p49')
    expect(new Ledger(store).credit('p10049')).toBe(10_050)
  })
})

describe('a peer that chokes and unchokes us 1,000 times a second', () => {
  test('is left alone, then closed with a reason, while an honest one gives us everything', async () => {
    const { log, lines } = warnings()
    const node = await world.node('fetcher', { log })
    const share = await node.fetch(cid)
    const evil = await guest('evil', 'fetcher', Bits.full(layout.pieceCount))
    const seeder = await world.node('seeder', { settings })
    await seeder.seed('file', content)
    let asked = 0
    for (let ms = 0; ms < 3000 && evil.end === undefined; ms++) {
      evil.say({ type: 'choke', slot: evil.slot, choked: ms % 2 === 0 })
      await world.clock.advanceAsync(1)
      if (ms % 20 === 0) await evil.settled()
    }
    asked = evil.heard.filter(({ type }) => type === 'request').length
    expect(asked).toBeLessThan(1000)
    await world.until('the share is complete', () => share.record.complete)
    expect(node.session.share(cid).record.state).toBe('seeding')
    expect(lines).toContainEqual(
      expect.objectContaining({ peer: 'evil', reason: 'chokes and unchokes without end' })
    )
  })
})

describe('a peer that floods us with requests', () => {
  test('is told that we are busy, then closed; others are served on', async () => {
    const { log, lines } = warnings()
    const seeder = await world.node('seeder', { log, settings })
    await seeder.seed('file', content)
    const evil = await guest('evil', 'seeder', none())
    for (let id = 1; id <= 5000; id++) ask(evil, id, id % layout.pieceCount)
    await evil.settled()
    expect(refusals(evil)).toContain('busy')
    expect(evil.end).toMatchObject({ code: 'banned', remote: true })
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'peer banned', peer: 'evil', offence: 'request-flood' })
    )
    const honest = await world.node('honest')
    const share = await honest.fetch(cid)
    await world.until('an honest peer has it', () => share.record.complete)
    expect(world.clock.now()).toBeLessThan(millis(60_000))
  })
})
