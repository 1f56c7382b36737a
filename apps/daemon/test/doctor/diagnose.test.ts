import type { HealthCheck } from '@p2pshare/control'
import type { NatKind, NetworkCondition, PortMappingCondition, RelayCondition } from '@p2pshare/ports'
import { describe, expect, test } from 'vitest'
import type { Facts } from '../../src/doctor/check.ts'
import { diagnose, isUsable } from '../../src/doctor/diagnose.ts'
import { healthy } from './facts.ts'

const YEAR = 365 * 86_400_000

function lines(facts: Facts, name: HealthCheck['name']): string[] {
  return diagnose(facts)
    .filter((check) => check.name === name)
    .map(({ level, text }) => `${level}: ${text}`)
}

test('a node with which all is well has neither problems nor warnings', () => {
  const checks = diagnose(healthy())
  expect(checks.filter(({ level }) => level !== 'ok')).toEqual([])
  expect(isUsable(checks)).toBe(true)
})

test('every problem says what to do, and every text is a sentence', () => {
  const bad: Partial<NetworkCondition> = {
    listening: [],
    reach: 'none',
    dhts: [{ source: 'amino-dht', mode: 'client', servers: 0, estimatedSize: undefined, records: 0 }],
    connections: { total: 0, inbound: 0, relayed: 0, pending: 0, max: 200 },
    bootstrap: { given: 2, connected: 0, text: 'connect ECONNREFUSED' },
    troubles: ['Another node has the key of this one.']
  }
  const disks = [{ what: 'downloads', path: '/d', free: 0, error: undefined }]
  const checks = diagnose(healthy(bad, { disks }))
  expect(isUsable(checks)).toBe(false)
  expect(checks.filter(({ level }) => level === 'problem').map(({ name }) => name)).toEqual([
    ...['reach', 'dht', 'bootstrap', 'trouble', 'disk']
  ])
  for (const { level, text, advice } of checks) {
    expect(text).toMatch(/^\S.*\.$/)
    if (level === 'problem') expect(advice).toMatch(/\.$/)
  }
})

describe('reach', () => {
  test.each<[Partial<NetworkCondition>, Partial<Facts>, RegExp]>([
    [{ reach: 'direct' }, {}, /^ok: Others can open/],
    [{ reach: 'relayed' }, {}, /^warning: .*only over a relay/],
    [{ reach: 'relayed', listening: [] }, {}, /^warning: .*only over a relay/],
    [{ reach: 'none' }, {}, /^problem: Nobody can open/],
    [{ reach: 'unknown' }, {}, /^warning: Nobody has told yet/],
    [{ reach: 'none', listening: [] }, {}, /^problem: This node listens nowhere/],
    [{}, { hasNetwork: false }, /^problem: This machine has no network/],
    [{}, { hasNetwork: false, network: 'local' }, /^warning: This machine has no network/],
    [{ reach: 'unknown' }, { network: 'local' }, /^ok: In network "local"/]
  ])('%j %j', (condition, facts, expected) => {
    expect(lines(healthy(condition, facts), 'reach').join()).toMatch(expected)
  })
})

test('addresses: where each comes from, and whether it works', () => {
  const address = '/ip4/5.5.1.2/tcp/1'
  const told = lines(
    healthy({
      addresses: [
        { address, origin: 'observed', verified: 'yes' },
        { address, origin: 'listen', verified: 'pending' },
        { address, origin: 'mapped', verified: 'no' },
        { address, origin: 'configured', verified: 'no' },
        { address: '/p2p-circuit/\u001b[2J', origin: 'relay', verified: 'unasked' }
      ]
    }),
    'address'
  )
  expect(told).toEqual([
    `ok: ${address} (seen by others) works from outside.`,
    `ok: ${address} (listened on) has not been tried from outside yet.`,
    `ok: ${address} (mapped by the router) cannot be dialled from outside, and is not told to others.`,
    `warning: ${address} (configured) cannot be dialled from outside.`,
    'ok: /p2p-circuit/\\u{1B}[2J (over a relay).'
  ])
})

test.each<[NatKind, string]>([
  ['none', 'ok'],
  ['endpoint-independent', 'ok'],
  ['endpoint-dependent', 'warning'],
  ['unknown', 'ok']
])('NAT %s: %s', (nat, level) => {
  expect(lines(healthy({ nat }), 'nat').join()).toMatch(new RegExp(`^${level}: `))
})

describe('port mapping', () => {
  const none: PortMappingCondition = {
    protocol: 'none',
    state: 'off',
    internalPort: undefined,
    external: undefined,
    text: undefined
  }
  test.each<[Partial<PortMappingCondition>, string]>([
    [{ state: 'off' }, 'ok: The router is not asked for a port (option "port-mapping").'],
    [{ state: 'searching' }, 'ok: A router is being looked for.'],
    [{ state: 'searching', text: 'Before: silence.' }, 'ok: A router is being looked for. Before: silence.'],
    [{ state: 'no-router', text: 'No router answers.' }, 'ok: No router answers.'],
    [{ state: 'refused', text: 'The router refuses.' }, 'warning: The router refuses.'],
    [{ state: 'nonsense', text: 'No sense.' }, 'warning: No sense.'],
    [
      { state: 'mapped', protocol: 'upnp', external: '/ip4/5.5.1.2/tcp/4002', text: 'Another port.' },
      'ok: UPnP maps /ip4/5.5.1.2/tcp/4002. Another port.'
    ],
    [
      { state: 'mapped', protocol: 'upnp', external: '/ip4/10.0.0.2/tcp/1', text: 'There is double NAT.' },
      'warning: UPnP maps /ip4/10.0.0.2/tcp/1. There is double NAT.'
    ]
  ])('%j', (portMapping, expected) => {
    expect(lines(healthy({ portMapping: { ...none, ...portMapping } }), 'port-mapping')).toEqual([expected])
  })

  test('nothing of it in network "local"', () => {
    expect(lines(healthy({}, { network: 'local' }), 'port-mapping')).toEqual([])
  })
})

test.each<[RelayCondition['state'], string]>([
  ['asking', 'ok: 12D3 is asked for a place: slow.'],
  ['reserved', 'ok: 12D3 keeps a place for this node for 1m 0s: slow.'],
  ['refused', 'warning: 12D3 gives no place: slow.'],
  ['lost', 'warning: The place at 12D3 is lost: slow.']
])('a relay that is %s', (state, expected) => {
  const relays = [{ relay: '12D3', state, expires: 1_060_000, text: 'slow' }]
  expect(lines(healthy({ relays }), 'relay')).toEqual([expected])
})

test('relaying for others', () => {
  const relaying = { mode: 'off', places: 0, maxPlaces: 0, circuits: 0, carried: 0, left: undefined } as const
  expect(lines(healthy({ relaying }), 'relaying')).toEqual(['ok: This node relays nothing for others.'])
  expect(lines(healthy({ relaying: { ...relaying, mode: 'data', maxPlaces: 1 } }), 'relaying')).toEqual([
    'ok: This node relays data: 0 of 1 place taken, 0 connections now, 0 B carried.'
  ])
})

test('a DHT without servers is a problem only where nobody is connected either', () => {
  const dhts: NetworkCondition['dhts'] = [
    { source: 'amino-dht', mode: 'client', servers: 0, estimatedSize: undefined, records: 0 }
  ]
  expect(lines(healthy({ dhts }), 'dht').join()).toMatch(/^warning: Public DHT: no server/)
  const connections = { total: 0, inbound: 0, relayed: 0, pending: 0, max: 200 }
  expect(lines(healthy({ dhts, connections }), 'dht').join()).toMatch(/^problem: /)
  expect(lines(healthy({ connections }), 'connections')).toEqual(['warning: Nobody is connected.'])
})

test('first peers: none given, all dead, dead but others are there', () => {
  const nobody = { total: 0, inbound: 0, relayed: 0, pending: 0, max: 200 }
  const dead = { given: 3, connected: 0, text: 'no answer' }
  expect(lines(healthy({ bootstrap: { ...dead, given: 0 } }), 'bootstrap').join()).toMatch(/^ok: No first/)
  expect(lines(healthy({ bootstrap: dead }), 'bootstrap').join()).toMatch(/^ok: None of 3 first peers/)
  expect(lines(healthy({ bootstrap: dead, connections: nobody }), 'bootstrap')).toEqual([
    'problem: None of 3 first peers can be reached. The last failure: no answer.'
  ])
})

test.each<[number | undefined, RegExp]>([
  [undefined, /^ok: Too few peers/],
  [0, /^ok: The clock agrees/],
  [-59_000, /^ok: The clock agrees .*59s/],
  [YEAR, /^warning: .*probably wrong: about 365d 0h ahead of that of peers/],
  [-YEAR, /^warning: .*probably wrong: about 365d 0h behind that of peers/]
])('a clock that is %s ms off', (offset, expected) => {
  const clockOffset = offset as NetworkCondition['clockOffset']
  expect(lines(healthy({ clockOffset }), 'clock').join()).toMatch(expected)
})

test('disks: enough, little, full, unreadable', () => {
  const disk = { what: 'downloads', path: '/d\n', free: undefined as number | undefined, error: undefined }
  const of = (free: number | undefined, error?: string): string =>
    lines(healthy({}, { disks: [{ ...disk, free, error }] }), 'disk').join()
  expect(of(2 ** 40)).toBe('ok: 1.0 TiB free for downloads (/d\\u{A}).')
  expect(of(2 ** 20)).toMatch(/^warning: 1.0 MiB free/)
  expect(of(0)).toMatch(/^problem: .* is full/)
  expect(of(undefined, 'no such place')).toMatch(/^problem: .*: no such place\.$/)
})

test('what the daemon warns of is told once', () => {
  const facts = healthy({ troubles: ['Twin.'] }, { warnings: ['Twin.', 'The catalogue was damaged.'] })
  expect(lines(facts, 'trouble')).toEqual(['problem: Twin.', 'warning: The catalogue was damaged.'])
})
