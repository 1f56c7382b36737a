import { DAY_MINUTES, type StopRules } from '@p2pshare/engine'
import { millis } from '@p2pshare/base'
import type { Directory, ShareState } from '@p2pshare/ports'
import { MemoryCatalogue, VirtualClock } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ReplicaBook } from '../src/stopping/replica-book.ts'
import { SeedStops, type StoppableShare } from '../src/stopping/seed-stops.ts'
import { NEVER } from '../src/stopping/stop-rule-store.ts'
import { makeContent, World } from './node.ts'

const MIB = 1024 * 1024
const DAY = DAY_MINUTES * 60_000
const HOUR = 3_600_000

const rules = (some: Partial<StopRules>): StopRules => ({ ...NEVER, ...some })
const peer = (name: string, ip: string) => ({
  name,
  link: { remoteAddress: `/ip4/${ip}/tcp/1`, relayed: false }
})

/** A share that is seeded, of 100 bytes. */
class Seeded implements StoppableShare {
  readonly cid: string
  readonly record: { state: ShareState; reason: string | undefined; uploaded: number } = {
    ...{ state: 'seeding', reason: undefined, uploaded: 0 }
  }
  looks = 0
  readonly #listeners = new Set<() => void>()

  constructor(cid = 'cid') {
    this.cid = cid
  }

  get bytes(): { done: number } {
    this.looks++
    return { done: 100 }
  }

  get state(): { state: ShareState } {
    return { state: this.record.state }
  }

  become(state: ShareState, reason?: string): void {
    this.record.state = state
    this.record.reason = reason
    for (const listener of [...this.#listeners]) listener()
  }

  resume(): void {
    this.become('seeding')
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** A node with these shares; `again` is the same one after it was killed. */
class Node {
  readonly catalogue: MemoryCatalogue
  readonly clock: VirtualClock
  readonly shares: readonly Seeded[]
  readonly replicas: ReplicaBook
  readonly stops: SeedStops

  constructor(
    usual: Partial<StopRules>,
    shares: Seeded[],
    on?: { catalogue: MemoryCatalogue; clock: VirtualClock }
  ) {
    this.catalogue = on?.catalogue ?? new MemoryCatalogue()
    this.clock = on?.clock ?? new VirtualClock()
    this.shares = shares
    this.replicas = new ReplicaBook(this.catalogue.values('replicas'), this.clock)
    this.stops = new SeedStops({
      values: { rules: this.catalogue.values('rules'), time: this.catalogue.values('time') },
      ...{ clock: this.clock, replicas: this.replicas, usual: rules(usual) },
      stop: (cid, reason) => shares.find((share) => share.cid === cid)?.become('paused', reason)
    })
    for (const share of shares) this.stops.add(share)
  }

  again(usual: Partial<StopRules> = {}): Node {
    return new Node(usual, [...this.shares], this)
  }

  pass(ms: number, step = 10_000): void {
    for (let gone = 0; gone < ms; gone += step) {
      this.clock.advance(step)
      this.stops.tick()
    }
  }
}

describe('a share that was seeded enough', () => {
  test('by ratio is paused, with the reason; what others say is told at once', () => {
    const share = new Seeded()
    const node = new Node({ ratio: 2 }, [share])
    share.record.uploaded = 199
    node.stops.note('cid')
    node.pass(10_000)
    expect(share.record.state).toBe('seeding')
    share.record.uploaded = 200
    node.stops.note('cid')
    node.pass(10_000)
    expect(share.record).toMatchObject({ state: 'paused', reason: 'ratio 2.0 reached' })
    expect(node.stops.view('cid')).toMatchObject({ ratio: 2, stopped: 'ratio 2.0 reached' })
  })

  test('by time, which counts over restarts and not while it is paused, or the node is off', () => {
    const share = new Seeded()
    let node = new Node({ time: millis(7 * DAY) }, [share])
    node.pass(3 * DAY)
    share.become('paused')
    node.pass(DAY)
    share.become('seeding')
    node.pass(DAY)
    // Killed: at most a minute is lost. Then it is off for a month.
    node.clock.advance(30 * DAY)
    node = node.again({ time: millis(7 * DAY) })
    expect(node.stops.view('cid').seeded).toBeGreaterThan(4 * DAY - 61_000)
    expect(node.stops.view('cid').seeded).toBeLessThanOrEqual(4 * DAY)
    node.pass(3 * DAY - HOUR)
    expect(share.record.state).toBe('seeding')
    node.pass(HOUR + 70_000)
    expect(share.record).toMatchObject({ state: 'paused', reason: 'seeded for 7d' })
  })

  test('killed before its first minute was written, it has seeded for no time, not for less', () => {
    const share = new Seeded()
    share.record.state = 'paused'
    let node = new Node({}, [share])
    node.pass(30_000)
    share.become('seeding')
    node = node.again()
    expect(node.stops.view('cid').seeded).toBe(0)
    node.pass(20_000)
    expect(node.stops.view('cid').seeded).toBe(20_000)
  })

  test('a machine that sleeps seeds nothing', () => {
    const node = new Node({}, [new Seeded()])
    node.pass(60_000)
    node.clock.jump(8 * HOUR)
    node.stops.tick()
    expect(node.stops.view('cid').seeded).toBeLessThan(90_000)
  })

  test('by replicas: never below, however often it was sent', () => {
    const share = new Seeded()
    const node = new Node({ ratio: 1, replicas: 3 }, [share])
    share.record.uploaded = 1e6
    node.replicas.note('cid', peer('a', '1.1.1.1'), true)
    node.replicas.note('cid', peer('b', '2.2.2.2'), true)
    // More keys at one address are no more replicas.
    for (let i = 0; i < 50; i++) node.replicas.note('cid', peer(`sybil${i}`, '2.2.2.2'), true)
    node.replicas.note('cid', peer('c', '3.3.3.3'), false)
    node.stops.note('cid')
    node.pass(HOUR)
    expect(share.record.state).toBe('seeding')
    node.replicas.note('cid', peer('c', '3.3.3.3'), true)
    node.replicas.note('cid', peer('a', '1.1.1.1'), false)
    node.pass(10_000)
    expect(share.record.state).toBe('seeding')
    node.replicas.note('cid', peer('d', '4.4.4.4'), true)
    node.pass(10_000)
    expect(share.record.reason).toBe('ratio 1.0 reached, 3 others have all of it')
  })

  test('replicas count for a day, over restarts', () => {
    let node = new Node({}, [new Seeded()])
    node.replicas.note('cid', peer('a', '1.1.1.1'), true)
    node.pass(HOUR)
    node = node.again()
    expect(node.stops.view('cid').replicas).toBe(1)
    node.pass(22 * HOUR)
    expect(node.stops.view('cid').replicas).toBe(1)
    node.pass(2 * HOUR)
    expect(node.stops.view('cid').replicas).toBe(0)
  })

  test('its own rules come before the daemon’s; never means never, over restarts', () => {
    const [one, two, three] = [new Seeded('1'), new Seeded('2'), new Seeded('3')]
    let node = new Node({ ratio: 2 }, [one, two, three])
    node.stops.set('1', rules({}))
    node.stops.set('2', { ratio: 3 })
    node = node.again({ ratio: 2 })
    for (const share of [one, two, three]) {
      share.record.uploaded = 250
      node.stops.note(share.cid)
    }
    node.pass(10_000)
    expect([one, two, three].map(({ record }) => record.state)).toEqual(['seeding', 'seeding', 'paused'])
    node.stops.set('1', 'usual')
    node.pass(10_000)
    expect(one.record.state).toBe('paused')
  })

  test('resumed, it is seeded on until its rules are set anew', () => {
    const share = new Seeded()
    let node = new Node({ ratio: 2 }, [share])
    share.record.uploaded = 300
    node.pass(10_000)
    expect(share.record.state).toBe('paused')
    share.resume()
    node = node.again({ ratio: 2 })
    node.stops.note('cid')
    node.pass(10_000)
    expect(share.record.state).toBe('seeding')
    expect(node.stops.view('cid').inForce).toEqual(NEVER)
    node.stops.set('cid', 'usual')
    node.pass(10_000)
    expect(share.record.state).toBe('paused')
  })

  test('goes on by itself when its new rules are not reached, unless the user has paused it', () => {
    const share = new Seeded()
    const node = new Node({ ratio: 2 }, [share])
    share.record.uploaded = 200
    node.pass(10_000)
    node.stops.set('cid', { ratio: 1.5 })
    expect(share.record.state).toBe('paused')
    node.stops.set('cid', { ratio: 4 })
    expect(share.record.state).toBe('seeding')
    share.record.uploaded = 400
    node.stops.note('cid')
    node.pass(10_000)
    share.become('paused')
    node.stops.set('cid', { ratio: 9 })
    expect(share.record.state).toBe('paused')
  })

  test('a changed configuration counts at once', () => {
    const share = new Seeded()
    const node = new Node({}, [share])
    share.record.uploaded = 200
    node.pass(10_000)
    node.stops.configure(rules({ ratio: 1 }))
    node.pass(10_000)
    expect(share.record.reason).toBe('ratio 1.0 reached')
  })

  test('rules are not looked at more often than needed', () => {
    const shares = Array.from({ length: 100 }, (_, i) => new Seeded(String(i)))
    const node = new Node({ ratio: 2, time: millis(7 * DAY) }, shares)
    node.pass(6 * DAY)
    // Each once, when it began.
    expect(shares.map(({ looks }) => looks)).toEqual(shares.map(() => 1))
    node.pass(DAY + 10_000)
    expect(shares.every(({ record }) => record.state === 'paused')).toBe(true)
    expect(Math.max(...shares.map(({ looks }) => looks))).toBeLessThanOrEqual(3)
  })

  test('what is damaged on disk is not set', () => {
    const catalogue = new MemoryCatalogue()
    for (const area of ['rules', 'time', 'replicas'])
      for (const [key, text] of [
        ['cid', '{"ratio":"x","seen":[null,3,{"peer":1}],"seeded":-5,"since":"y"}'],
        ['uptime', 'nonsense']
      ] as const)
        catalogue.values(area).put(key, new TextEncoder().encode(text))
    const node = new Node({}, [new Seeded()], { catalogue, clock: new VirtualClock() })
    expect(node.stops.view('cid')).toMatchObject({ inForce: NEVER, seeded: 0, replicas: 0 })
  })
})

describe('in a swarm', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })
  afterEach(() => world.stop())

  /** A directory that tells of each search. */
  function told(real: Directory, onFind: () => void): Directory {
    const find = real.find.bind(real)
    return Object.assign(real, {
      find: (...asked: Parameters<typeof find>) => {
        onFind()
        return find(...asked)
      }
    })
  }

  test('a seeder stops once so many others have all of it; they were fetching from it', async () => {
    const content = makeContent(70, { '': 4 * MIB })
    const startControls = { stops: rules({ ratio: 0.5, replicas: 2 }) }
    const seeder = await world.node('seeder', { startControls })
    const share = await seeder.seed('file', content)
    const one = await (await world.node('one')).fetch(content.cid)
    await world.until('one has all of it', () => one.record.complete)
    for (let i = 0; i < 50; i++) await world.clock.advanceAsync(100)
    expect(share.record.uploaded).toBeGreaterThanOrEqual(content.layout.size)
    expect(share.state.state).toBe('seeding')
    expect(seeder.session.controls.stops.view(content.cid).replicas).toBe(1)
    const two = await (await world.node('two')).fetch(content.cid)
    await world.until('the seeder has seen enough', () => share.state.state === 'paused')
    expect(two.record.complete).toBe(true)
    expect(share.state.reason).toBe('ratio 0.5 reached, 2 others have all of it')
    // Nobody is told of it any more, and over a restart it stays so.
    expect(seeder.session.status(share).announced).toBeUndefined()
    const again = await world.node('again', { disk: seeder, startControls })
    expect(again.session.share(content.cid).state).toMatchObject({
      state: 'paused',
      reason: share.state.reason
    })
  })

  test('who fetched from enough seeders has seen as many replicas', async () => {
    const content = makeContent(71, { '': 8 * MIB })
    for (const name of ['one', 'two']) await (await world.node(name)).seed('file', content)
    const node = await world.node('fetcher', { startControls: { stops: rules({ replicas: 2 }) } })
    const share = await node.fetch(content.cid)
    await world.until('it stops', () => share.state.state === 'paused')
    expect(share.record).toMatchObject({ complete: true, reason: '2 others have all of it' })
    expect(node.session.why(share).findings[0]).toMatchObject({ code: 'seeded-enough' })
  })

  test('seeders that never met are looked for, and connected to: what the DHT says alone does not count', async () => {
    const content = makeContent(73, { '': 2 * MIB })
    for (const name of ['one', 'two']) await (await world.node(name)).seed('file', content)
    // Somebody says that it has it, and cannot be reached.
    const root = content.layout.root.multihash.digest
    const liar = world.board.join({ peer: 'liar', addresses: ['/memory/liar/p2p/liar'] })
    const none = { count: 0, key: () => root }
    liar.publish({ share: content.cid, root, files: none, chunks: none })
    let looks = 0
    const node = await world.node('seeder', {
      startControls: { stops: rules({ replicas: 3 }) },
      directory: (real) => told(real, () => looks++)
    })
    const share = await node.seed('file', content)
    const replicas = (): number => node.session.controls.stops.view(content.cid).replicas
    await world.until('both are counted', () => replicas() === 2)
    expect(share.state.state).toBe('seeding')
    expect([looks, world.clock.now() < 120_000]).toEqual([1, true])
    // No more than each half hour, and not once there are enough.
    await world.until('half an hour has passed', () => world.clock.now() > 29 * 60_000)
    expect(looks).toBe(1)
    await (await world.node('three')).seed('file', content)
    await world.until('there are enough', () => share.state.state === 'paused')
    expect(looks).toBe(2)
    expect(share.state.reason).toBe('3 others have all of it')
  })

  test('shares that need no replicas, or whose ratio is not reached yet, are not looked up', async () => {
    const [needed, other] = [makeContent(74, { '': MIB }), makeContent(75, { '': MIB })]
    let looks = 0
    const node = await world.node('seeder', {
      startControls: { stops: rules({ ratio: 2, replicas: 1 }) },
      directory: (real) => told(real, () => looks++)
    })
    await node.seed('needed', needed)
    const share = await node.seed('other', other)
    node.session.controls.stops.set(other.cid, NEVER)
    await world.until('a while has passed', () => world.clock.now() > 5 * 60_000)
    expect([looks, share.state.state]).toEqual([0, 'seeding'])
  })

  test('seeding the path again, as resume, takes it up for good; fetching it again does not', async () => {
    const content = makeContent(72, { '': 2 * MIB })
    const node = await world.node('seeder', { startControls: { stops: rules({ time: millis(5000) }) } })
    await node.seed('file', content)
    const share = () => node.session.share(content.cid)
    await world.until('it stops', () => share().state.state === 'paused')
    await node.fetch(content.cid)
    expect(share().state.state).toBe('paused')
    await node.seed('file', content)
    for (let i = 0; i < 100; i++) await world.clock.advanceAsync(100)
    expect(share().state.state).toBe('seeding')
  })
})
