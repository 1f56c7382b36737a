import { millis } from '@p2pshare/base'
import { unknownCondition } from '@p2pshare/testkit'
import { describe, expect, test } from 'vitest'
import type { DialReport, SourceReport } from '../src/finding/finding-report.ts'
import { explain, explainUnknown } from '../src/why/explain.ts'
import { rangesText } from '../src/why/explain-peers.ts'
import { NEVER } from '../src/stopping/stop-rule-store.ts'
import type { PeerFact, WhyFacts } from '../src/why/why-facts.ts'

const NOW = millis(100_000)

const dht = (state: SourceReport['state'], more: Partial<SourceReport> = {}): SourceReport => ({
  ...{
    source: 'lan-dht',
    state,
    providers: 0,
    askedAt: 99_000,
    answeredAt: 99_500,
    nextAt: 104_000,
    text: undefined
  },
  ...more
})
const dial = (outcome: DialReport['outcome'], more: Partial<DialReport> = {}): DialReport => ({
  ...{
    peer: '12D3KooWpeer',
    source: 'lan-dht',
    addresses: [],
    outcome,
    failures: 1,
    at: 99_000,
    nextAt: 102_000
  },
  text: undefined,
  ...more
})
const peer = (more: Partial<PeerFact> = {}): PeerFact => ({
  ...{ peer: '12D3KooWabcdefgh', pieces: 3, useful: true, choking: false, snubbed: false, requests: 1 },
  ...{ relayed: false, interested: false },
  ...more
})

const never: WhyFacts['stopping'] = {
  ...{ own: {}, inForce: NEVER, ratio: undefined, seeded: millis(0), replicas: 0, stopped: undefined }
}

/** A fetch whose index is known and that has nobody yet. */
function facts(more: Partial<WhyFacts> = {}): WhyFacts {
  const condition = unknownCondition()
  return {
    ...{
      now: NOW,
      state: 'fetching',
      stage: 'pieces',
      reason: undefined,
      failure: undefined,
      complete: false
    },
    ...{
      hold: undefined,
      path: '/d/film',
      have: 2,
      pieces: 20,
      index: { here: 1, known: 1 },
      checked: undefined
    },
    ...{ rateUp: 0, rateDown: 0, limits: [], peers: [], need: 'alone', uncovered: { ranges: [], count: 0 } },
    finding: { sources: [dht('nobody')], dials: [], hints: { given: 0, leftOut: 0 } },
    condition: {
      ...condition,
      listening: ['/ip4/127.0.0.1/tcp/1'],
      connections: { ...condition.connections, total: 3 }
    },
    ...{ mdns: false, announced: undefined, banned: 0, turn: undefined, check: undefined, stopping: never },
    ...more
  } as WhyFacts
}
const finding = (more: Partial<WhyFacts['finding']>): Pick<WhyFacts, 'finding'> => ({
  finding: { sources: [dht('found', { providers: 2 })], dials: [], hints: { given: 0, leftOut: 0 }, ...more }
})
const first = (more: Partial<WhyFacts>) => explain(facts(more))[0]
const codes = (more: Partial<WhyFacts>): string[] => explain(facts(more)).map(({ code }) => code)

describe('why', () => {
  test('has an answer for every state and stage, also with nothing known', () => {
    const none = { finding: { sources: [], dials: [], hints: { given: 0, leftOut: 0 } } }
    for (const state of ['fetching', 'seeding', 'paused', 'queued', 'checking', 'error'] as const) {
      for (const stage of ['idle', 'index', 'opening', 'pieces', 'finishing', 'checking'] as const) {
        for (const peers of [[], [peer()], [peer({ choking: true })], [peer({ useful: false })]]) {
          const found = explain(facts({ state, stage, peers, ...none }))
          expect(found.length, `${state} ${stage}`).toBeGreaterThan(0)
          for (const { text } of found) expect(text).toMatch(/^[A-Z0-9].*\.$/)
        }
      }
    }
  })

  test('a queued share says its place, what it waits for, and how it gets on sooner', () => {
    const turn = { place: 7, of: 9, running: 5, stalled: false, limit: 5 }
    expect(first({ state: 'queued', turn })).toMatchObject({
      code: 'queued',
      text: 'It waits for its turn at place 7 of 9 in the queue; 5 fetches run, at most 5 at once.',
      next: expect.stringContaining('stalled for a minute'),
      action: expect.stringContaining('resume --now')
    })
  })

  test('a stalled fetch says that it takes no place, where that matters to others', () => {
    const turn = { place: 1, of: 2, running: 2, stalled: true, limit: 5 }
    expect(codes({ turn })).toContain('stalled')
    expect(codes({ turn: { ...turn, of: 1 } })).not.toContain('stalled')
    expect(codes({ turn: { ...turn, stalled: false } })).not.toContain('stalled')
  })

  test('a share that was seeded enough says why, one that is not yet says how far it is', () => {
    const stopped = 'ratio 2.0 reached'
    expect(first({ state: 'paused', complete: true, stopping: { ...never, stopped } })).toMatchObject({
      ...{ code: 'seeded-enough', weight: 'fine' },
      text: 'It was seeded enough and is paused: ratio 2.0 reached.'
    })
    const stopping = {
      ...never,
      inForce: { ratio: 2, time: millis(604_800_000), replicas: 3 },
      ratio: 0.3199
    }
    const texts = explain(facts({ state: 'seeding', complete: true, stopping })).map(({ text }) => text)
    expect(texts).toContain(
      'It stops seeding by itself at ratio 2.0 (0.31 now) or after 7d (0s now), but not before 3 others have all of it (0 seen within a day).'
    )
    const alone = { ...never, inForce: { ...NEVER, replicas: 1 }, replicas: 1 }
    expect(explain(facts({ state: 'seeding', stopping: alone })).map(({ text }) => text)).toContain(
      'It stops seeding by itself once 1 other has all of it (1 seen within a day).'
    )
    expect(codes({ state: 'seeding', complete: true })).not.toContain('stops-when')
  })

  test('a share that waits to be verified says so beside its work', () => {
    const check = 'waits to be verified, place 2 of 3'
    expect(explain(facts({ state: 'seeding', complete: true, check })).map(({ text }) => text)).toContain(
      'It waits to be verified, place 2 of 3; until then it goes on as before.'
    )
  })

  test('what holds the share comes alone and first, with the way out', () => {
    expect(codes({ state: 'paused' })).toEqual(['paused'])
    const hold = {
      kind: 'disk-full',
      message: 'disk full: 6 B still to come',
      hint: 'Free some space.'
    } as const
    expect(first({ state: 'paused', hold })).toMatchObject({
      code: 'disk-full',
      text: 'It waits. Disk full: 6 B still to come.',
      next: expect.stringContaining('every 5 s'),
      action: 'Free some space.'
    })
    expect(first({ state: 'offline', hold: { ...hold, kind: 'offline' } })?.next).toMatch(
      /looked for every 10 s/
    )
    const failure = { code: 'session.check-failed', message: '3 pieces are gone', hint: 'Seed it again.' }
    expect(first({ state: 'error', failure })).toMatchObject({
      ...{ code: 'failed', text: 'It failed: 3 pieces are gone.', action: 'Seed it again.' }
    })
    expect(first({ stage: 'finishing' })?.text).toMatch(/made safe on disk/)
    expect(first({ stage: 'finishing', checked: { done: 5, total: 9 } })?.text).toMatch(
      /copied.*5 of 9 pieces/
    )
    expect(first({ state: 'checking', checked: { done: 5, total: 9 } })?.text).toContain('5 of 9')
  })

  test('a share that is fine says so', () => {
    const seeding = { state: 'seeding', complete: true, need: 'enough' } as const
    const peers = [peer(), peer({ interested: true }), peer()]
    expect(first({ ...seeding, peers })?.text).toBe(
      'Seeding, 3 peers, 1 of them fetching; nothing to wait for.'
    )
    expect(
      codes({ ...seeding, announced: { announced: 3, total: 9, oldest: undefined, nextCycle: 0 } })
    ).toEqual(['announcing', 'seeding'])
    expect(first({ peers: [peer()], rateDown: 1000, need: 'enough' })).toMatchObject({
      ...{ code: 'fetching', weight: 'fine' },
      text: 'Fetching from 1 peer, 1000 bytes/s, 2 of 20 pieces here.'
    })
  })
})

describe('why nobody is connected', () => {
  test('no network at all: connected to nobody, and what to do', () => {
    const alone = { ...unknownCondition(), listening: [] }
    expect(first({ condition: alone, ...finding({ sources: [dht('no-servers')] }) })).toMatchObject({
      code: 'no-network',
      text: 'This node is connected to nobody, and no bootstrap peers are given, and it listens on no address.'
    })
    const dead = { ...alone, bootstrap: { given: 4, connected: 0, text: 'ENETUNREACH' } }
    expect(codes({ condition: dead, ...finding({ sources: [dht('no-servers')] }) })).toEqual([
      'bootstrap-silent',
      'no-dht-server'
    ])
    expect(first({ condition: dead })?.text).toContain('none of 4 bootstrap peers answers (ENETUNREACH)')
  })

  test('nobody has it: a wrong hash looks like that too, and it is said when it is asked again', () => {
    expect(first({})).toMatchObject({
      code: 'nobody-has-it',
      text: expect.stringContaining('The local DHT names nobody who has it'),
      nextAt: 104_000,
      action: expect.stringContaining('Check the hash')
    })
  })

  test('all providers dead: how many, what happened, when again', () => {
    const dials = [
      dial('timed-out', { peer: 'a', nextAt: 130_000 }),
      dial('timed-out', { peer: 'b' }),
      dial('refused', { peer: 'c', nextAt: 140_000 })
    ]
    expect(first(finding({ dials }))).toMatchObject({
      ...{ code: 'unreachable-peers', weight: 'stops', nextAt: 102_000 },
      text: '3 peers were found and not reached: 2 did not answer, 1 refused the connection.'
    })
    expect(first(finding({ dials: [dial('behind-nat')] }))?.code).toBe('behind-nat')
  })

  test('DNS that never answers is called by its name', () => {
    const text = 'peer x could not be reached: DNS did not answer for a.example within 3000 ms'
    expect(first(finding({ dials: [dial('no-name', { text })] }))).toMatchObject({
      code: 'dns-silent',
      text: expect.stringContaining('DNS did not answer for a.example')
    })
  })

  test('providers that lack the share', () => {
    expect(first(finding({ dials: [dial('lacks-share', { text: 'unknown-share' })] }))).toMatchObject({
      code: 'lacks-share',
      text: '1 peer that was asked does not serve it now (they have nothing of it).'
    })
  })

  test('a silent DHT, and one without servers', () => {
    const sources = [dht('timed-out', { source: 'amino-dht' }), dht('no-servers')]
    expect(codes(finding({ sources }))).toEqual(['no-dht-server', 'dht-silent'])
    expect(codes(finding({ sources: [dht('asking')] }))).toEqual(['searching'])
  })

  test('addresses of the link that lead nowhere from here', () => {
    const hint = dht('failed', { source: 'hint', text: '2 left out: …' })
    expect(codes(finding({ sources: [hint], hints: { given: 2, leftOut: 2 } }))).toContain('hints-left-out')
  })
})

describe('why connected peers do not give', () => {
  test('nobody has some pieces: which', () => {
    const uncovered = { ranges: [{ first: 12, last: 14 }], count: 3 }
    expect(first({ peers: [peer({ useful: false })], uncovered, need: 'alone' })).toMatchObject({
      ...{ code: 'pieces-with-nobody', weight: 'stops' },
      text: 'None of 1 connected peer has pieces 12-14 (3 of 20 pieces).'
    })
    expect(rangesText([{ first: 4, last: 4 }], 1)).toBe('piece 4')
    const many = Array.from({ length: 20 }, (_, i) => ({ first: 3 * i, last: 3 * i + 1 }))
    expect(rangesText(many, 400)).toBe('pieces 0-1, 3-4, 6-7, 9-10, 12-13 and 390 more')
  })

  test('a peer that has not said what it has', () => {
    expect(codes({ peers: [peer({ useful: false, pieces: undefined })] })).toContain('no-map')
  })

  test('choked, and by whom', () => {
    expect(first({ peers: [peer({ choking: true })] })).toMatchObject({
      ...{ code: 'choked', weight: 'stops' },
      text: '1 peer that could give pieces serves others first: …abcdefgh.'
    })
    expect(codes({ peers: [peer({ choking: true }), peer()], need: 'enough' })).toEqual([
      'choked',
      'fetching'
    ])
  })

  test('limits, when they are what holds the rate down', () => {
    const limits = [
      { of: 'daemon', up: null, down: 1000 },
      { of: 'share', up: null, down: 500 }
    ] as const
    const found = explain(facts({ peers: [peer()], limits: [...limits], rateDown: 480, need: 'enough' }))
    expect(found[0]).toMatchObject({
      code: 'limited',
      weight: 'slows',
      text: expect.stringContaining('of the share is 500')
    })
    expect(codes({ peers: [peer()], limits: [...limits], rateDown: 100, need: 'enough' })).toEqual([
      'fetching',
      'limited'
    ])
  })

  test('banned peers are counted', () => {
    expect(codes({ banned: 2, peers: [peer()], need: 'enough' })).toEqual(['fetching', 'banned-peers'])
  })
})

test('a hash that this node does not have', () => {
  expect(explainUnknown('bafk')).toMatchObject({
    code: 'unknown-share',
    action: expect.stringContaining('fetch bafk')
  })
})
