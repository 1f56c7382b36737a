import { fc, test as property } from '@fast-check/vitest'
import type { ByteRate, Millis } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { type Flow, RateLimiter } from '../../src/index.ts'
import { Crowd, peers } from './crowd.ts'

const at = (n: number): Millis => n as Millis
const MB = 1e6

/** Farthest that any window of 10 s is from the rate, as a part of it. */
function worstWindow(crowd: Crowd, rate: number, from: number, to: number): number {
  let worst = 0
  for (let start = from; start + 10_000 <= to; start += 250) {
    worst = Math.max(worst, Math.abs(crowd.between(start, start + 10_000) / (rate * 10) - 1))
  }
  return worst
}

describe('one limit for all', () => {
  test.each([20_000, 100_000, 800 * 1024, 4 * MB, 50 * MB, 500 * MB])(
    '50 greedy peers at %d B/s: any 10 s are within 5 %%, and few wake-ups do it',
    (rate) => {
      const crowd = new Crowd(peers(50))
      crowd.limit(rate)
      crowd.run(30_000)
      expect(worstWindow(crowd, rate, 0, 30_000)).toBeLessThan(0.05)
      expect(crowd.wakes).toBeLessThanOrEqual(30_000 / 5 + 1)
    }
  )

  test('everybody gets the same, whatever the size of slices', () => {
    const flows = peers(50).map((flow, i) => ({ ...flow, most: 1024 * (1 + (i % 8) * 8) }))
    const crowd = new Crowd(flows)
    crowd.limit(5 * MB)
    crowd.run(20_000)
    const sent = crowd.members.map((member) => member.sent)
    expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(2 * 64 * 1024)
  })

  test('a rest gives no more than 250 ms of the rate on top', () => {
    const crowd = new Crowd(peers(1))
    crowd.limit(MB)
    crowd.now = 3_600_000
    const [member] = crowd.members
    if (member !== undefined) crowd.ask(member)
    expect(crowd.between(3_600_000, 3_600_001)).toBeLessThanOrEqual(0.25 * MB + 0.1 * MB)
  })

  test('a change holds from the moment it is made, in either direction', () => {
    const crowd = new Crowd(peers(50))
    crowd.limit(50 * MB)
    crowd.at(10_000, () => crowd.limit(20_000))
    crowd.at(30_000, () => crowd.limit(4 * MB))
    crowd.run(50_000)
    expect(crowd.between(0, 10_000) / 500e6).toBeCloseTo(1, 1)
    expect(crowd.between(10_000.5, 20_000)).toBeLessThan(1.05 * 200_000)
    expect(crowd.between(10_000.5, 20_000)).toBeGreaterThan(0.95 * 200_000)
    expect(crowd.between(30_000, 40_000) / 40e6).toBeCloseTo(1, 1)
    expect(crowd.between(30_000, 31_000)).toBeGreaterThan(3.5 * MB)
  })

  test('lifting it lets everybody go at once', () => {
    const limiter = new RateLimiter()
    limiter.setRate({ kind: 'global' }, 1000 as ByteRate, at(0))
    const flows = peers(3)
    expect(flows.map((flow) => limiter.take(flow, 50_000, at(0)))).toEqual([undefined, 1, 2])
    limiter.setRate({ kind: 'global' }, undefined, at(1))
    expect(limiter.takeGrants(at(1))).toEqual([
      { ticket: 1, bytes: 50_000 },
      { ticket: 2, bytes: 50_000 }
    ])
    expect(limiter.nextWake()).toBeUndefined()
  })

  test('without a limit nothing waits and nothing is kept', () => {
    const limiter = new RateLimiter()
    for (const flow of peers(10)) expect(limiter.take(flow, 1e9, at(0))).toBeUndefined()
    expect([limiter.waiting, limiter.nextWake()]).toEqual([0, undefined])
  })
})

describe('limits of shares and peers', () => {
  test('a share within the whole: neither is exceeded, and others take what it leaves', () => {
    const crowd = new Crowd([...peers(40, 'a'), ...peers(10, 'b')])
    crowd.limit(4 * MB)
    crowd.limit(100_000, { kind: 'share', share: 'a' })
    crowd.run(20_000)
    const of = (share: string) => crowd.between(10_000, 20_000, (flow) => flow.share === share)
    expect(of('a') / 1e6).toBeCloseTo(1, 1)
    expect(of('b') / 39e6).toBeCloseTo(1, 1)
  })

  test('a peer by name, in all its shares, on the LAN or not', () => {
    const slow = (share: string, lan: boolean): Flow => ({ peer: 'slow', share, lan })
    const crowd = new Crowd([slow('a', false), slow('b', true), ...peers(5, 'a')])
    crowd.limit(4 * MB)
    crowd.limit(50_000, { kind: 'peer', peer: 'slow' })
    crowd.run(20_000)
    expect(crowd.between(10_000, 20_000, (flow) => flow.peer === 'slow') / 500_000).toBeCloseTo(1, 1)
    expect(crowd.between(10_000, 20_000) / 40e6).toBeCloseTo(1, 1)
  })

  test('the LAN is free unless it is included', () => {
    const limiter = new RateLimiter()
    const lan: Flow = { peer: 'p', share: 's', lan: true }
    const scope = { kind: 'share', share: 's' } as const
    limiter.setRate({ kind: 'global' }, 1000 as ByteRate, at(0))
    limiter.setRate(scope, 1000 as ByteRate, at(0))
    for (let i = 0; i < 3; i++) expect(limiter.take(lan, 1e6, at(0))).toBeUndefined()
    expect(limiter.slice(lan)).toBe(256 * 1024)
    limiter.setIncludeLan(scope, true, at(0))
    expect(limiter.slice(lan)).toBe(1024)
    expect([limiter.take(lan, 5000, at(0)), limiter.take(lan, 1, at(0))]).toEqual([undefined, 1])
    expect(limiter.take({ ...lan, share: 'other' }, 1e6, at(0))).toBeUndefined()
    limiter.setIncludeLan({ kind: 'global' }, true, at(0))
    expect(limiter.take({ ...lan, peer: 'q', share: 'other' }, 1, at(0))).toBeGreaterThan(0)
  })

  test('who waits for its own limit holds up nobody, and is not passed over for ever', () => {
    const crowd = new Crowd([...peers(1, 'tight'), ...peers(30, 'wide')])
    crowd.limit(MB)
    crowd.limit(30_000, { kind: 'share', share: 'tight' })
    crowd.run(60_000)
    expect(crowd.between(0, 60_000, (flow) => flow.share === 'tight') / 1.8e6).toBeCloseTo(1, 1)
    expect(crowd.between(0, 60_000) / 60e6).toBeCloseTo(1, 1)
  })

  test('a newcomer starts level: neither first for its absence, nor last', () => {
    const crowd = new Crowd(peers(20))
    crowd.limit(MB)
    const late = { flow: { peer: 'late', share: 's', lan: false }, most: 1e9, sent: 0 }
    crowd.at(20_000, () => crowd.ask(late))
    crowd.run(30_000)
    expect(late.sent / (10e6 / 21)).toBeGreaterThan(0.6)
    expect(late.sent / (10e6 / 21)).toBeLessThan(1.4)
  })

  test('a ticket that is withdrawn costs nothing', () => {
    const limiter = new RateLimiter()
    limiter.setRate({ kind: 'global' }, 1000 as ByteRate, at(0))
    const [a, b, c] = peers(3)
    if (a === undefined || b === undefined || c === undefined) throw new Error('three peers')
    expect(limiter.take(a, 1000, at(0))).toBeUndefined()
    const gone = limiter.take(b, 1e9, at(0)) ?? 0
    const kept = limiter.take(c, 10, at(0)) ?? 0
    limiter.cancel(gone)
    limiter.peerLeft('s1')
    expect(limiter.nextWake()).toBe(1000)
    expect(limiter.takeGrants(at(1000))).toEqual([{ ticket: kept, bytes: 10 }])
  })
})

const scopes = fc.constantFrom(
  { kind: 'global' } as const,
  { kind: 'share', share: 'a' } as const,
  { kind: 'peer', peer: 'a0' } as const
)
const change = fc.record({
  at: fc.integer({ min: 0, max: 20_000 }),
  scope: scopes,
  rate: fc.option(fc.integer({ min: 20_000, max: 10 * MB }), { nil: undefined })
})

property.prop([
  fc.integer({ min: 1, max: 20 }),
  fc.array(change, { maxLength: 6 }),
  fc.integer({ min: 20_000, max: 50 * MB })
])(
  'whatever changes on the way, the last limit holds exactly and nobody is left behind',
  (count, changes, last) => {
    const crowd = new Crowd([...peers(count, 'a'), ...peers(count, 'b'), ...peers(1, 'lan', true)])
    crowd.limit(MB)
    for (const { at: time, scope, rate } of changes) crowd.at(time, () => crowd.limit(rate ?? MB, scope))
    crowd.at(20_000, () => {
      crowd.limit(undefined, { kind: 'share', share: 'a' })
      crowd.limit(undefined, { kind: 'peer', peer: 'a0' })
      crowd.limit(last)
    })
    crowd.run(40_000)
    const wan = (flow: Flow): boolean => !flow.lan
    expect(Math.abs(crowd.between(30_000, 40_000, wan) / (last * 10) - 1)).toBeLessThan(0.05)
    const sent = crowd.members
      .filter(({ flow }) => wan(flow))
      .map((member) => crowd.between(30_000, 40_000, (flow) => flow === member.flow))
    const slice = crowd.limiter.slice({ peer: 'x', share: undefined, lan: false })
    expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(6 * slice)
  }
)
