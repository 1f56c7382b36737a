import { VirtualClock } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { PORT_MAPPING } from '../../../src/limits/index.ts'
import type {
  Mapping,
  MappingFailure,
  MappingResult,
  MappingWish,
  PortMapper,
  Route
} from '../../../src/reach/mapping/port-mapper.ts'
import { PortMapping } from '../../../src/reach/mapping/port-mapping.ts'
import { recordingLog } from '../../support/nodes.ts'

const HOME: Route = { gateway: '192.168.1.1', local: '192.168.1.7', prefix: 24 }
const GIVEN: Mapping = { externalHost: '5.5.1.2', externalPort: 4001, lifetime: 3_600_000 }

/** A node behind a router whose answers the test sets. */
function world(): {
  clock: VirtualClock
  mapping: PortMapping
  now: {
    route: Route | undefined
    answer: MappingResult
    found: boolean
    failure: MappingFailure | undefined
  }
  calls: string[]
  /** The router says that it was restarted. */
  news: () => void
} {
  const clock = new VirtualClock()
  const calls: string[] = []
  const now = {
    route: HOME as Route | undefined,
    answer: { mapping: GIVEN } as MappingResult,
    found: true,
    failure: undefined as MappingFailure | undefined
  }
  let heard: () => void = () => undefined
  const mapper: PortMapper = {
    protocol: 'upnp',
    map: async ({ local, externalPort }: MappingWish) => {
      calls.push(`map ${local} ${externalPort}`)
      return now.answer
    },
    unmap: async ({ local }) => void calls.push(`unmap ${local}`)
  }
  const mapping = new PortMapping({
    route: () => now.route,
    listenPort: () => 4001,
    find: async function* () {
      calls.push('find')
      if (now.failure !== undefined) yield now.failure
      if (now.found) yield mapper
    },
    hear: (_, onNews) => {
      heard = onNews
      return () => (heard = () => undefined)
    },
    onChange: () => void calls.push(`changed ${mapping.external ?? '-'}`),
    clock,
    log: recordingLog()
  })
  return { clock, mapping, now, calls, news: () => heard() }
}

test('maps, renews long before the end, and takes it back at a stop', async () => {
  const { clock, mapping, calls } = world()
  expect(mapping.condition().state).toBe('searching')
  mapping.start()
  await clock.advanceAsync(0)
  expect(mapping.condition()).toEqual({
    protocol: 'upnp',
    state: 'mapped',
    internalPort: 4001,
    external: '/ip4/5.5.1.2/tcp/4001',
    text: undefined
  })
  await clock.advanceAsync(PORT_MAPPING.renewal + PORT_MAPPING.lookInterval)
  expect(calls).toEqual([
    'find',
    'map 192.168.1.7 4001',
    'changed /ip4/5.5.1.2/tcp/4001',
    'map 192.168.1.7 4001'
  ])
  await mapping.stop()
  expect(calls.slice(-2)).toEqual(['changed -', 'unmap 192.168.1.7'])
  expect(clock.nextTimer).toBeUndefined()
})

test('a lifetime of a second is no reason to ask all the time', async () => {
  const { clock, mapping, now, calls } = world()
  now.answer = { mapping: { ...GIVEN, lifetime: 1000 } }
  mapping.start()
  await clock.advanceAsync(60_000)
  expect(calls.filter((call) => call.startsWith('map')).length).toBeLessThanOrEqual(3)
  await mapping.stop()
})

test('another port than asked is used, kept, and said', async () => {
  const { clock, mapping, now, calls } = world()
  now.answer = { mapping: { ...GIVEN, externalPort: 5000 } }
  mapping.start()
  await clock.advanceAsync(PORT_MAPPING.renewal + PORT_MAPPING.lookInterval)
  expect(mapping.external).toBe('/ip4/5.5.1.2/tcp/5000')
  expect(mapping.condition().text).toBe('The router gave port 5000 instead of 4001.')
  expect(calls.at(-1)).toBe('map 192.168.1.7 5000')
  await mapping.stop()
})

test('a second router behind the first is said, and its address is not ours to tell', async () => {
  const { clock, mapping, now } = world()
  now.answer = { mapping: { ...GIVEN, externalHost: '100.64.3.4' } }
  mapping.start()
  await clock.advanceAsync(0)
  expect(mapping.external).toBeUndefined()
  expect(mapping.condition()).toMatchObject({ state: 'mapped', text: expect.stringContaining('double NAT') })
  await mapping.stop()
})

test('a router that was restarted and refuses: nothing is claimed, and it is asked again later', async () => {
  const { clock, mapping, now, calls } = world()
  mapping.start()
  await clock.advanceAsync(0)
  now.answer = { failure: { state: 'refused', text: 'The router refuses: it has no address outside.' } }
  await clock.advanceAsync(PORT_MAPPING.renewal + PORT_MAPPING.lookInterval)
  expect(mapping.condition()).toMatchObject({ protocol: 'none', state: 'refused', external: undefined })
  expect(calls.at(-1)).toBe('changed -')
  now.answer = { mapping: { ...GIVEN, externalHost: '5.5.1.9' } }
  await clock.advanceAsync(PORT_MAPPING.firstRetry + PORT_MAPPING.lookInterval)
  expect(mapping.external).toBe('/ip4/5.5.1.9/tcp/4001')
  await mapping.stop()
})

test('a new address of ours: the old mapping is taken back, a new one made', async () => {
  const { clock, mapping, now, calls } = world()
  mapping.start()
  await clock.advanceAsync(0)
  now.route = { ...HOME, local: '192.168.1.8' }
  await clock.advanceAsync(PORT_MAPPING.lookInterval)
  expect(calls.slice(-4)).toEqual([
    'unmap 192.168.1.7',
    'find',
    'map 192.168.1.8 4001',
    'changed /ip4/5.5.1.2/tcp/4001'
  ])
  now.route = undefined
  await clock.advanceAsync(PORT_MAPPING.lookInterval)
  expect(mapping.condition()).toMatchObject({ state: 'no-router', external: undefined })
  await mapping.stop()
})

test('without a router: said, and asked more and more rarely', async () => {
  const { clock, mapping, now, calls } = world()
  now.found = false
  mapping.start()
  await clock.advanceAsync(3_600_000)
  expect(mapping.condition()).toMatchObject({
    state: 'no-router',
    text: expect.stringContaining('UPnP or NAT-PMP')
  })
  expect(calls.length).toBeLessThan(14)
  now.failure = { state: 'nonsense', text: 'The router makes no sense.' }
  await clock.advanceAsync(2 * PORT_MAPPING.maxRetry)
  expect(mapping.condition()).toMatchObject(now.failure)
  await mapping.stop()
})

test('a router that says that it was restarted is asked at once, however often it says so', async () => {
  const { clock, mapping, calls, news } = world()
  mapping.start()
  await clock.advanceAsync(10_000)
  const before = calls.length
  for (let i = 0; i < 100; i++) {
    news()
    await clock.advanceAsync(10)
  }
  expect(calls.slice(before)).toEqual(['map 192.168.1.7 4001'])
  await mapping.stop()
  news()
})

test('no mapping, and then news of the router: it is looked for at once', async () => {
  const { clock, mapping, now, news } = world()
  now.found = false
  mapping.start()
  await clock.advanceAsync(10_000)
  now.found = true
  news()
  await clock.advanceAsync(0)
  expect(mapping.condition().state).toBe('mapped')
  await mapping.stop()
})
