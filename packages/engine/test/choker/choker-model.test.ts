import { MiB, millis, seededRng } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Choker, type ChokerEvent, DEFAULT_CHOKER_LIMITS } from '../../src/index.ts'

const SHARES = ['fetched', 'seeded']
const KINDS = [
  'joined',
  'left',
  'interest',
  'interest',
  'received',
  'sent',
  'passed-on',
  'progress',
  'seeding',
  'slots',
  'time',
  'time'
] as const

interface Step {
  kind: (typeof KINDS)[number]
  peer: number
  share: number
  n: number
  yes: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  peer: fc.nat(12),
  share: fc.nat(1),
  n: fc.nat(100),
  yes: fc.boolean()
})

function eventOf(
  kind: Exclude<Step['kind'], 'time'>,
  lane: { peer: string; share: string },
  n: number,
  yes: boolean
): ChokerEvent {
  switch (kind) {
    case 'joined':
      return { kind, ...lane, credit: n }
    case 'left':
      return { kind, ...lane }
    case 'interest':
      return { kind, ...lane, interested: yes }
    case 'received':
    case 'sent':
      return { kind, ...lane, bytes: n * MiB }
    case 'passed-on':
      return { kind, ...lane, pieces: n }
    case 'progress':
      return { kind, ...lane, progress: n / 100 }
    case 'seeding':
      return { kind, share: lane.share, seeding: yes }
    case 'slots':
      return { kind, slots: n < 20 ? n + 1 : undefined }
  }
}

/** Follows what peers were told, and says when that is not what the choker must say. */
class Model {
  readonly choker: Choker
  now = 0
  /** Interest of those that take part, and whom we told that they are choked. */
  readonly #interest = new Map<string, boolean>()
  readonly #told = new Set<string>()

  constructor(antiLeech: boolean) {
    this.choker = new Choker({ rng: seededRng(1), antiLeech })
  }

  play({ kind, peer: p, share: s, n, yes }: Step): void {
    if (kind === 'time') return this.pass(n * 300)
    const lane = { peer: `p${p}`, share: SHARES[s] ?? '' }
    const key = `${lane.peer}/${lane.share}`
    if (kind === 'joined') this.#interest.set(key, this.#interest.get(key) ?? false)
    else if (kind === 'left') this.#interest.delete(key)
    else if (kind === 'interest' && this.#interest.has(key)) this.#interest.set(key, yes)
    this.#tell(eventOf(kind, lane, n, yes))
    if (kind === 'left') this.#told.delete(key)
  }

  /** Lets time pass as the session would: the timer fires when it is due. */
  pass(ms: number): void {
    const end = this.now + ms
    for (let at = this.choker.nextWake(); at !== undefined && at <= end; at = this.choker.nextWake()) {
      this.now = Math.max(this.now, at)
      this.#tell({ kind: 'tick' })
    }
    this.now = end
  }

  #tell(event: ChokerEvent): void {
    this.choker.handle(event, millis(this.now))
    for (const { peer, share, choked } of this.choker.takeEffects()) {
      const key = `${peer}/${share}`
      expect(this.#told.has(key)).toBe(!choked)
      if (choked) this.#told.add(key)
      else this.#told.delete(key)
    }
    this.#check()
  }

  #check(): void {
    this.choker.checkInvariants()
    const interested = [...this.#interest].filter(([, wants]) => wants).map(([key]) => key)
    const served = interested.filter((key) => !this.#told.has(key))
    expect(served.length).toBe(Math.min(interested.length, this.choker.slots))
    expect(this.choker.snapshot()).toEqual({
      slots: this.choker.slots,
      interested: interested.length,
      unchoked: served.length
    })
  }
}

describe('the choker, whatever happens', () => {
  test('serves as many as there are slots, and peers know what they are', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.boolean(), (steps, antiLeech) => {
        const model = new Model(antiLeech)
        for (const one of steps) model.play(one)
      }),
      { numRuns: 300 }
    )
  })

  test('a seeder lets nobody wait for long, whoever passes pieces on and whatever they take', () => {
    const peers = fc.array(
      fc.record({
        takes: fc.nat(20),
        passes: fc.boolean(),
        progress: fc.double({ min: 0, max: 1, noNaN: true })
      }),
      { minLength: 2, maxLength: 12 }
    )
    fc.assert(
      fc.property(peers, fc.integer({ min: 1, max: 4 }), fc.boolean(), (crowd, slots, antiLeech) => {
        expect(longestWait(crowd, slots, antiLeech)).toBeLessThanOrEqual(mostWait(crowd.length, slots))
      }),
      { numRuns: 60 }
    )
  })
})

interface Taker {
  takes: number
  passes: boolean
  progress: number
}

/** A turn of each, twice over since some are preferred, and what their preference is worth. */
function mostWait(peers: number, slots: number): number {
  const { seedTurn, round } = DEFAULT_CHOKER_LIMITS
  return 2 * Math.ceil(peers / slots) * (seedTurn + round) + 20 * round
}

/** Milliseconds that the one that waited longest was choked in an hour. */
function longestWait(crowd: readonly Taker[], slots: number, antiLeech: boolean): number {
  const choker = new Choker({ rng: seededRng(2), antiLeech })
  const share = 'seeded'
  choker.handle({ kind: 'slots', slots }, millis(0))
  choker.handle({ kind: 'seeding', share, seeding: true }, millis(0))
  const since = crowd.map(() => 0)
  let longest = 0
  for (const [i, { progress }] of crowd.entries()) {
    choker.handle({ kind: 'joined', peer: `${i}`, share, credit: 0 }, millis(0))
    choker.handle({ kind: 'progress', peer: `${i}`, share, progress }, millis(0))
    choker.handle({ kind: 'interest', peer: `${i}`, share, interested: true }, millis(0))
  }
  for (let now = 5000; now <= 3_600_000; now += 5000) {
    choker.handle({ kind: 'tick' }, millis(now))
    for (const [i, { takes, passes }] of crowd.entries()) {
      if (!choker.isChoked(`${i}`, share)) {
        since[i] = now
        choker.handle({ kind: 'sent', peer: `${i}`, share, bytes: takes * MiB }, millis(now))
        if (passes) choker.handle({ kind: 'passed-on', peer: `${i}`, share, pieces: takes }, millis(now))
      }
      longest = Math.max(longest, now - (since[i] ?? 0))
    }
  }
  return longest
}
