import { type Millis, millis, seededRng } from '@p2pshare/base'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { type ExchangeRecord, PeerExchangeRules, type Telling } from '../../src/index.ts'

const at = (seconds: number): Millis => millis(seconds * 1000)
const OWN = { private: Uint8Array.of(1), public: Uint8Array.of(2) }
const nobodyComplete = { own: OWN, isComplete: () => false }

let rules: PeerExchangeRules
beforeEach(() => {
  rules = new PeerExchangeRules({ self: 'me', rng: seededRng(1) })
})

/** A record that a peer of host `10.0.0.<n>` or `8.8.8.<n>` may seal. */
function record(
  peer: string,
  options: { n?: number; sequence?: bigint; hasPrivate?: boolean } = {}
): ExchangeRecord {
  const { n = 1, sequence = 1n, hasPrivate = true } = options
  const host = hasPrivate ? `10.0.0.${n}` : `8.8.8.${n}`
  const bytes = new TextEncoder().encode(`${peer} ${hasPrivate} ${sequence}`)
  return { peer, addresses: [`/ip4/${host}/tcp/4001`], hasPrivate, sequence, bytes }
}

/** Joins peers of one LAN, each of which tells its own record, and lets the greetings pass. */
function lanSwarm(names: readonly string[]): void {
  names.forEach((peer, i) => {
    rules.joined({ peer, lan: true, remoteAddress: `/ip4/10.0.0.${i}/tcp/55555` }, at(0))
    rules.accept(peer, record(peer, { n: i }), false)
  })
  rules.tellings(nobodyComplete, at(0))
}

const said = (tellings: readonly Telling[], peer: string): string[] =>
  (tellings.find((telling) => telling.peer === peer)?.records ?? []).map((bytes) =>
    new TextDecoder().decode(bytes)
  )

describe('telling', () => {
  test('a newcomer hears our own record at once, both kinds on a LAN, the public one elsewhere', () => {
    rules.joined({ peer: 'near', lan: true, remoteAddress: '/ip4/10.0.0.1/tcp/1' }, at(0))
    rules.joined({ peer: 'far', lan: false, remoteAddress: '/ip4/8.8.8.8/tcp/1' }, at(0))
    expect(rules.tellings(nobodyComplete, at(0))).toEqual([
      { peer: 'near', records: [OWN.private, OWN.public] },
      { peer: 'far', records: [OWN.public] }
    ])
    expect(rules.tellings(nobodyComplete, at(0.5))).toEqual([])
  })

  test('without an address of our own nothing is said, and that is said when there is one', () => {
    rules.joined({ peer: 'far', lan: false, remoteAddress: '/ip4/8.8.8.8/tcp/1' }, at(0))
    const none = { own: { private: OWN.private }, isComplete: () => false }
    expect(rules.tellings(none, at(0))).toEqual([])
    expect(rules.tellings(none, at(30))).toEqual([])
    expect(rules.tellings(nobodyComplete, at(31))).toEqual([{ peer: 'far', records: [OWN.public] }])
  })

  test('a second later it hears of all the others, never of itself, then only what is new, once a minute', () => {
    lanSwarm(['a', 'b', 'c'])
    const first = rules.tellings(nobodyComplete, at(1))
    expect(said(first, 'a').sort()).toEqual(['b true 1', 'c true 1'])
    expect(said(first, 'b').sort()).toEqual(['a true 1', 'c true 1'])
    expect(rules.tellings(nobodyComplete, at(120))).toEqual([])
    rules.accept('c', record('c', { n: 2, sequence: 2n }), false)
    expect(said(rules.tellings(nobodyComplete, at(121)), 'a')).toEqual(['c true 2'])
    rules.accept('c', record('c', { n: 2, sequence: 3n }), false)
    expect(rules.tellings(nobodyComplete, at(180))).toEqual([])
    expect(said(rules.tellings(nobodyComplete, at(181)), 'a')).toEqual(['c true 3'])
  })

  test('at most 16 records go in a message, and everybody is told of in the end', () => {
    const names = Array.from({ length: 60 }, (_, i) => `p${i}`)
    lanSwarm(names)
    const heard = new Set<string>()
    for (let minute = 0; minute < 6; minute++) {
      const records = said(rules.tellings(nobodyComplete, at(1 + 60 * minute)), 'p0')
      expect(records.length).toBeLessThanOrEqual(14)
      for (const each of records) heard.add(each)
    }
    expect(heard.size).toBe(59)
  })

  test('a peer with all pieces seeks nobody and is told of nobody', () => {
    lanSwarm(['seed', 'b'])
    const tellings = rules.tellings({ own: OWN, isComplete: (peer) => peer === 'seed' }, at(1))
    expect(tellings.map(({ peer }) => peer)).toEqual(['b'])
  })

  test('what names a LAN is told on the LAN only', () => {
    rules.joined({ peer: 'near', lan: true, remoteAddress: '/ip4/10.0.0.1/tcp/1' }, at(0))
    rules.joined({ peer: 'far', lan: false, remoteAddress: '/ip4/8.8.8.1/tcp/1' }, at(0))
    rules.joined({ peer: 'new', lan: true, remoteAddress: '/ip4/10.0.0.9/tcp/1' }, at(0))
    rules.accept('near', record('near', { n: 1 }), false)
    rules.accept('far', record('far', { n: 1, hasPrivate: false }), false)
    rules.tellings(nobodyComplete, at(0))
    const tellings = rules.tellings(nobodyComplete, at(1))
    expect(said(tellings, 'far')).toEqual([])
    expect(said(tellings, 'near')).toEqual(['far false 1'])
    expect(said(tellings, 'new').sort()).toEqual(['far false 1', 'near true 1'])
  })

  test('who has left is not told of, and one who comes back is told again', () => {
    lanSwarm(['a', 'b'])
    rules.tellings(nobodyComplete, at(1))
    rules.left('b')
    rules.joined({ peer: 'c', lan: true, remoteAddress: '/ip4/10.0.0.3/tcp/1' }, at(10))
    rules.tellings(nobodyComplete, at(10))
    expect(said(rules.tellings(nobodyComplete, at(11)), 'c')).toEqual(['a true 1'])
    rules.joined({ peer: 'b', lan: true, remoteAddress: '/ip4/10.0.0.1/tcp/1' }, at(70))
    rules.accept('b', record('b', { n: 1 }), false)
    rules.tellings(nobodyComplete, at(70))
    const later = rules.tellings(nobodyComplete, at(71))
    expect(said(later, 'a')).toEqual([])
    expect(said(later, 'b')).toEqual(['a true 1'])
  })

  test("a record that names only somebody else's host is not passed on", () => {
    lanSwarm(['a', 'b'])
    rules.joined({ peer: 'liar', lan: true, remoteAddress: '/ip4/10.0.0.9/tcp/1' }, at(2))
    rules.accept('liar', record('liar', { n: 77 }), false)
    rules.tellings(nobodyComplete, at(2))
    expect(said(rules.tellings(nobodyComplete, at(61)), 'a')).toEqual([])
  })
})

describe('hearing', () => {
  beforeEach(() => {
    rules.joined({ peer: 'near', lan: true, remoteAddress: '/ip4/10.0.0.1/tcp/1' }, at(0))
    rules.joined({ peer: 'far', lan: false, remoteAddress: '/ip4/8.8.8.1/tcp/1' }, at(0))
  })

  test('a node that seeks takes each peer once, and its newer addresses', () => {
    const news = record('x', { n: 4 })
    expect(rules.accept('near', news, true)).toEqual({ peer: 'x', addresses: news.addresses })
    expect(rules.accept('near', news, true)).toBeUndefined()
    expect(rules.accept('near', record('x', { n: 4, sequence: 2n }), true)).toBeDefined()
    expect(rules.accept('near', record('x', { n: 4, sequence: 1n }), true)).toBeUndefined()
  })

  test('a node that seeks nobody remembers nobody', () => {
    expect(rules.accept('near', record('x'), false)).toBeUndefined()
    expect(rules.known).toBe(0)
  })

  test('a stranger on the internet cannot send us into our LAN', () => {
    expect(rules.accept('far', record('x', { hasPrivate: true }), true)).toBeUndefined()
    expect(rules.accept('far', record('x', { hasPrivate: false }), true)).toBeDefined()
    expect(rules.accept('near', record('y', { hasPrivate: true }), true)).toBeDefined()
  })

  test('of both kinds of record the second is news too, in any order', () => {
    expect(rules.accept('near', record('x', { hasPrivate: false, sequence: 9n }), true)).toBeDefined()
    expect(rules.accept('near', record('x', { hasPrivate: true, sequence: 8n }), true)).toBeDefined()
  })

  test('our own record, and what a stranger to the share says, count for nothing', () => {
    expect(rules.accept('near', record('me'), true)).toBeUndefined()
    expect(rules.accept('nobody', record('x'), true)).toBeUndefined()
    expect(rules.receive('nobody', 1, at(0))).toBe('ignored')
  })
})

describe('the budget', () => {
  beforeEach(() => lanSwarm(['p', 'q']))

  test('three messages at once, then one each 30 s; more are ignored', () => {
    const verdicts = [0, 0, 1, 2, 32, 33, 62].map((second) => rules.receive('p', 2, at(second)))
    expect(verdicts).toEqual(['taken', 'taken', 'taken', 'ignored', 'taken', 'ignored', 'taken'])
    expect(rules.receive('q', 16, at(62))).toBe('taken')
  })

  test('more than 64 records a minute beyond the budget is abuse', () => {
    const verdicts = Array.from({ length: 9 }, () => rules.receive('p', 16, at(0)))
    expect(verdicts).toEqual([...Array(3).fill('taken'), ...Array(4).fill('ignored'), 'abuse', 'abuse'])
    expect(rules.receive('q', 16, at(0))).toBe('taken')
  })

  test('leaving and coming back brings no new budget', () => {
    for (let i = 0; i < 7; i++) rules.receive('p', 16, at(0))
    rules.left('p')
    rules.joined({ peer: 'p', lan: true, remoteAddress: '/ip4/10.0.0.1/tcp/1' }, at(1))
    rules.tellings(nobodyComplete, at(1))
    expect(rules.receive('p', 16, at(1))).toBe('abuse')
  })

  test('what we tell ourselves never comes near the budget of another such node', () => {
    const reader = new PeerExchangeRules({ self: 'p', rng: seededRng(2) })
    reader.joined({ peer: 'me', lan: true, remoteAddress: '/ip4/10.0.0.200/tcp/1' }, at(0))
    for (let second = 0; second < 1200; second++) {
      // Somebody's address changes every second.
      rules.accept('q', record('q', { n: 1, sequence: BigInt(second + 2) }), false)
      for (const { peer, records } of rules.tellings(nobodyComplete, at(second)))
        if (peer === 'p') expect(reader.receive('me', records.length, at(second))).toBe('taken')
    }
  })
})

test('bounds and rules hold, whatever happens in whatever order', () => {
  const peer = fc.nat(7).map((i) => `p${i}`)
  const step = fc.oneof(
    fc.record({ kind: fc.constant('join' as const), peer, lan: fc.boolean() }),
    fc.record({ kind: fc.constant('leave' as const), peer }),
    fc.record({
      kind: fc.constant('record' as const),
      peer,
      about: peer,
      hasPrivate: fc.boolean(),
      sequence: fc.bigInt({ min: 0n, max: 5n }),
      seeking: fc.boolean(),
      n: fc.nat(2)
    }),
    fc.record({ kind: fc.constant('message' as const), peer, count: fc.integer({ min: 1, max: 16 }) }),
    fc.record({ kind: fc.constant('tick' as const), wait: fc.nat(70_000), complete: peer })
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const rules = new PeerExchangeRules({ self: 'p0', rng: seededRng(3), limits: { candidates: 5 } })
      const lan = new Map<string, boolean>()
      let now = 0
      for (const each of steps) {
        if (each.kind === 'join') {
          lan.set(each.peer, each.lan)
          rules.joined({ peer: each.peer, lan: each.lan, remoteAddress: '/ip4/10.0.0.1/tcp/1' }, millis(now))
        } else if (each.kind === 'leave') rules.left(each.peer)
        else if (each.kind === 'message') rules.receive(each.peer, each.count, millis(now))
        else if (each.kind === 'record') {
          const found = rules.accept(each.peer, record(each.about, each), each.seeking)
          if (found !== undefined) {
            expect(each.seeking && each.about !== 'p0').toBe(true)
            expect(each.hasPrivate && lan.get(each.peer) !== true).toBe(false)
          }
        } else {
          now += each.wait
          const context = { own: OWN, isComplete: (peer: string) => peer === each.complete }
          for (const { peer, records } of rules.tellings(context, millis(now))) {
            expect(records.length).toBeGreaterThan(0)
            expect(records.length).toBeLessThanOrEqual(16)
            for (const text of records
              .filter((r) => r.byteLength > 1)
              .map((r) => new TextDecoder().decode(r))) {
              const [about, hasPrivate] = text.split(' ')
              expect(about).not.toBe(peer)
              expect(hasPrivate === 'true' && lan.get(peer) !== true).toBe(false)
              expect(peer).not.toBe(each.complete)
              expect([...rules.members]).toContain(about)
            }
          }
        }
        rules.checkInvariants()
      }
    }),
    { numRuns: 500 }
  )
})
