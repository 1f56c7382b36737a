import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Directory, Provider } from '@p2pshare/ports'
import { NetworkPlace } from '../src/finding/network-place.ts'
import { usableHints } from '../src/finding/hints.ts'
import { makeContent, World } from './node.ts'
import { linkTo, peerName, StrangeLink } from './stranger.ts'

const MIB = 1024 * 1024
const content = makeContent(1, { 'a.bin': 3 * MIB, 'b.bin': 500 })
const other = makeContent(2, { '': 2 * MIB })
const { cid } = content
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

describe('finding waits for nobody', () => {
  test('a neighbour that takes part and never answers costs a moment, not its time-out', async () => {
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    const silent = await StrangeLink.join(await world.stranger('silent'), 'fetcher', other.cid)
    await seeder.seed('folder', content)
    const began = world.clock.now()
    const share = await fetcher.fetch(cid)
    await silent.settled()
    expect(silent.heard.some(({ type }) => type === 'block-request')).toBe(true)
    await world.until('it is here', () => share.record.complete)
    expect(world.clock.now() - began).toBeLessThanOrEqual(1500)
  })

  test('a DHT that never answers holds up no other', async () => {
    const seeder = await world.node('seeder')
    await seeder.seed('folder', content)
    const asked: (string | undefined)[] = []
    const fetcher = await world.node('fetcher', {
      directory: (real) => twoSources(real, asked)
    })
    const began = world.clock.now()
    const share = await fetcher.fetch(cid)
    await world.until('it is here', () => share.record.complete)
    expect(world.clock.now() - began).toBeLessThanOrEqual(1000)
    expect(asked.slice(0, 2)).toEqual(['lan-dht', 'amino-dht'])
    const { sources } = share.finder.findings
    expect(sources.find(({ source }) => source === 'amino-dht')).toMatchObject({ state: 'asking' })
    expect(sources.find(({ source }) => source === 'lan-dht')).toMatchObject({ state: 'found', providers: 1 })
  })

  test('each DHT is asked again in its own time', async () => {
    const asked: (string | undefined)[] = []
    const fetcher = await world.node('fetcher', { directory: (real) => twoSources(real, asked) })
    await fetcher.fetch(cid)
    await world.clock.advanceAsync(50_000)
    expect(asked.filter((source) => source === 'amino-dht')).toHaveLength(1)
    expect(asked.filter((source) => source === 'lan-dht').length).toBeGreaterThanOrEqual(4)
  })
})

/** A directory with a second DHT that never answers. */
function twoSources(real: Directory, asked: (string | undefined)[]): Directory {
  return {
    sources: ['lan-dht', 'amino-dht'],
    async *find(key, options): AsyncGenerator<Provider> {
      asked.push(options.only)
      if (options.only !== 'amino-dht') yield* real.find(key, options)
      else await new Promise((resolve) => options.signal.addEventListener('abort', resolve))
    },
    publish: (publication) => real.publish(publication),
    withdraw: (share) => real.withdraw(share),
    publicationStatus: (share) => real.publicationStatus(share),
    announcing: () => real.announcing()
  }
}

describe('a provider that lacks the share', () => {
  test('costs one dial, takes no place among the connected, and is shown', async () => {
    const [liar, fetcher] = [await world.node(peerName('fake')), await world.node('fetcher')]
    await liar.seed('else', other)
    const share = await fetcher.fetch(linkTo(cid, peerName('fake')))
    await world.until('it said so', () => share.finder.findings.dials[0]?.outcome === 'lacks-share')
    expect(share.finder.report.connected).toBe(0)
    expect(share.finder.need).toBe('alone')
    expect(share.finder.findings.dials[0]).toMatchObject({ peer: peerName('fake'), text: 'unknown-share' })
    expect(share.finder.findings.dials[0]?.nextAt).toBeGreaterThanOrEqual(600_000)
  })
})

describe('peers of an earlier run', () => {
  test('are dialled first after a restart, where no DHT knows anybody', async () => {
    const seeder = await world.node('seeder')
    await seeder.seed('folder', content, [0, 1])
    const first = await world.node('fetcher')
    const share = await first.fetch(cid)
    await world.until('half is here', () => share.bytes.have?.count === 2)
    await first.stop()
    world.board.reachable = false
    const second = await world.node('fetcher', { disk: first })
    const again = second.session.share(cid)
    await world.until('they are back', () => again.members.peers.size === 1)
    expect(again.finder.findings.sources.find(({ source }) => source === 'known')).toMatchObject({
      providers: 1
    })
    await second.session.remove(again, false)
    expect([...second.catalogue.values('peers').query('')]).toEqual([])
  })
})

describe('the addresses of a link', () => {
  const all = { acceptsHint: () => true }
  const hint = (n: number) => ({ peer: `p${n}`, addresses: [`/a/${n}`] })

  test('are used up to fifty, and those that lead nowhere from here are left out with a word', () => {
    const many = usableHints(
      Array.from({ length: 80 }, (_, i) => hint(i)),
      all
    )
    expect([many.usable.length, many.given, many.leftOut]).toEqual([50, 80, 30])
    expect(many.text).toBe('only the first 50 of 80 are used')
    const some = usableHints([hint(1), hint(2)], { acceptsHint: (address) => address === '/a/2' })
    expect(some).toMatchObject({ usable: [hint(2)], leftOut: 1, text: expect.stringContaining('1 left out') })
  })

  test('that all lead elsewhere are told of, and nothing is dialled', async () => {
    world.board.reachable = false
    const fetcher = await world.node('fetcher')
    const peer = peerName('far')
    const share = await fetcher.fetch(`p2pshare:${cid}?peer=/memory/elsewhere/p2p/${peer}`)
    expect(share.finder.report.tried).toContainEqual({
      ...{ source: 'hint', outcome: 'failed', providers: 0 },
      text: '1 left out: not of the internet, nor of a network that this machine is on'
    })
    expect(share.finder.findings).toMatchObject({ dials: [], hints: { given: 1, leftOut: 1 } })
  })
})

test('a change of the own addresses, or the first connection after none, is another place', () => {
  const [addresses, peers] = [['/a'], [] as never[]]
  const place = new NetworkPlace({ addresses: () => [...addresses], peers: () => [...peers] })
  expect([place.moved(), place.moved()]).toEqual([false, false])
  addresses.push('/b')
  expect([place.moved(), place.moved()]).toEqual([true, false])
  peers.push({} as never)
  expect([place.moved(), place.moved()]).toEqual([true, false])
  peers.pop()
  expect(place.moved()).toBe(false)
})
