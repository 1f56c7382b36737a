import { KiB, MiB, millis, seededRng } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { Choker, type ChokerEvent, type ChokerInit, slotsFor } from '../../src/index.ts'

const SHARE = 's'

/** A choker in its own time, with peers a, b, c … that take part in one share. */
class Bench {
  readonly choker: Choker
  now = 0

  constructor(slots: number, init: Partial<ChokerInit> = {}) {
    this.choker = new Choker({ rng: seededRng(1), ...init })
    this.tell({ kind: 'slots', slots })
  }

  tell(event: ChokerEvent): void {
    this.choker.handle(event, millis(this.now))
    this.choker.checkInvariants()
  }

  join(peers: string, credit = 0): void {
    for (const peer of peers) {
      this.tell({ kind: 'joined', peer, share: SHARE, credit })
      this.tell({ kind: 'interest', peer, share: SHARE, interested: true })
    }
  }

  /** Lets seconds pass; each second, peers give and unchoked ones take so many bytes. */
  run(seconds: number, rates: { give?: Record<string, number>; take?: number } = {}, peers = ''): void {
    for (let i = 0; i < seconds; i++) {
      this.now += 1000
      for (const [peer, bytes] of Object.entries(rates.give ?? {}))
        this.tell({ kind: 'received', peer, share: SHARE, bytes })
      if (rates.take !== undefined)
        for (const peer of this.unchoked(peers))
          this.tell({ kind: 'sent', peer, share: SHARE, bytes: rates.take })
      this.tell({ kind: 'tick' })
    }
  }

  /** Those of the peers that may ask. */
  unchoked(peers: string): string {
    return peers
      .split('')
      .filter((peer) => !this.choker.isChoked(peer, SHARE))
      .join('')
  }
}

describe('while there are slots for all', () => {
  test('nothing is said and no timer runs', () => {
    const bench = new Bench(4)
    bench.join('abcd')
    bench.run(60, { take: 1000 }, 'abcd')
    expect(bench.choker.takeEffects()).toEqual([])
    expect(bench.choker.nextWake()).toBeUndefined()
  })

  test('who comes beyond the slots is choked at once, and has a slot that falls free at once', () => {
    const bench = new Bench(2)
    bench.join('abc')
    expect(bench.choker.takeEffects()).toEqual([{ kind: 'choke', peer: 'c', share: SHARE, choked: true }])
    bench.tell({ kind: 'interest', peer: 'a', share: SHARE, interested: false })
    expect(bench.choker.takeEffects()).toEqual([{ kind: 'choke', peer: 'c', share: SHARE, choked: false }])
    bench.tell({ kind: 'interest', peer: 'a', share: SHARE, interested: true })
    expect(bench.unchoked('abc')).toBe('bc')
    bench.tell({ kind: 'left', peer: 'b', share: SHARE })
    expect(bench.unchoked('ac')).toBe('ac')
    expect(bench.choker.snapshot()).toEqual({ slots: 2, interested: 2, unchoked: 2 })
  })

  test('interest that comes and goes without end changes nothing for others', () => {
    const bench = new Bench(2)
    bench.join('abc')
    bench.choker.takeEffects()
    for (let i = 0; i < 10_000; i++)
      bench.tell({ kind: 'interest', peer: 'c', share: SHARE, interested: i % 2 === 1 })
    expect(bench.choker.takeEffects()).toEqual([])
  })
})

describe('a share that we fetch', () => {
  test('gives slots to those who give most, and one to chance', () => {
    const bench = new Bench(4)
    bench.join('abcdefgh')
    const give = { e: 400 * KiB, f: 300 * KiB, g: 200 * KiB, h: 100 * KiB }
    let luck = 0
    for (let period = 0; period < 20; period++) {
      bench.run(30, { give })
      const served = bench.unchoked('abcdefgh')
      expect(served).toHaveLength(4)
      expect(served).toMatch(/efg/)
      if (/[abcd]/.test(served)) luck++
    }
    expect(luck).toBeGreaterThan(10)
  })

  test('a peer that stops giving loses its slot within two rounds after the rates forgot it', () => {
    const bench = new Bench(3)
    bench.join('abcdef')
    bench.run(60, { give: { a: 100 * KiB, b: 100 * KiB, c: 50 * KiB } })
    expect(bench.unchoked('ab')).toBe('ab')
    bench.run(41, { give: { b: 100 * KiB, c: 50 * KiB, d: 40 * KiB } })
    expect(bench.unchoked('bc')).toBe('bc')
  })

  test('a free rider is served by chance alone, each of them some time', () => {
    const bench = new Bench(4)
    bench.join('abcxyz')
    const give = { a: 100 * KiB, b: 100 * KiB, c: 100 * KiB }
    bench.run(60, { give })
    const turns: Record<string, number> = { x: 0, y: 0, z: 0 }
    for (let i = 0; i < 200; i++) {
      bench.run(10, { give })
      for (const peer of bench.unchoked('xyz')) turns[peer] = (turns[peer] ?? 0) + 1
      expect(bench.unchoked('xyz').length).toBeLessThanOrEqual(1)
    }
    for (const peer of 'xyz') expect(turns[peer]).toBeGreaterThan(30)
  })

  test('who has far less than the others gets more of chance, who has nothing does not', () => {
    const bench = new Bench(2)
    bench.join('gabcdefh')
    for (const peer of 'bcdefh') bench.tell({ kind: 'progress', peer, share: SHARE, progress: 0.8 })
    const rounds = (progress: number): number => {
      bench.tell({ kind: 'progress', peer: 'a', share: SHARE, progress })
      bench.run(120, { give: { g: 1000 } })
      let served = 0
      for (let i = 0; i < 100; i++) {
        bench.run(30, { give: { g: 1000 } })
        if (bench.unchoked('a') === 'a') served++
      }
      return served
    }
    expect(rounds(0.1)).toBeGreaterThan(40)
    expect(rounds(0)).toBeLessThan(35)
    expect(rounds(0.7)).toBeLessThan(35)
  })

  test('equals do not swap slots each round', () => {
    const bench = new Bench(5)
    bench.join('abcdefgh')
    bench.run(30)
    bench.choker.takeEffects()
    bench.run(300)
    // Ten optimistic periods: one lets go, one comes.
    expect(bench.choker.takeEffects().length).toBeLessThanOrEqual(2 * 10)
  })

  test('who gave more in the past comes first among those who give nothing now', () => {
    const bench = new Bench(2)
    bench.join('abc')
    bench.join('z', 100 * MiB)
    bench.tell({ kind: 'left', peer: 'a', share: SHARE })
    expect(bench.unchoked('bcz')).toBe('bz')
  })
})

describe('a share that we seed', () => {
  const seeding = (slots: number, init: Partial<ChokerInit> = {}): Bench => {
    const bench = new Bench(slots, init)
    bench.tell({ kind: 'seeding', share: SHARE, seeding: true })
    return bench
  }

  test('serves all in turn, evenly', () => {
    const bench = seeding(4)
    const peers = 'abcdefghijkl'
    bench.join(peers)
    const served = new Map<string, number>()
    for (let i = 0; i < 1800; i++) {
      bench.run(1, { take: MiB }, peers)
      for (const peer of bench.unchoked(peers)) served.set(peer, (served.get(peer) ?? 0) + 1)
    }
    const seconds = peers.split('').map((peer) => served.get(peer) ?? 0)
    expect(Math.min(...seconds)).toBeGreaterThan((0.7 * 1800 * 4) / 12)
    expect(Math.max(...seconds)).toBeLessThan((1.3 * 1800 * 4) / 12)
  })

  test('a peer that takes nothing does not keep its slot', () => {
    const bench = seeding(2)
    bench.join('abc')
    bench.run(100)
    expect(bench.unchoked('abc')).not.toBe('ab')
  })

  test('prefers peers that pass on what they get', () => {
    const bench = seeding(2)
    const peers = 'abcdefgh'
    bench.join(peers)
    let good = 0
    let bad = 0
    for (let i = 0; i < 1200; i++) {
      bench.run(1, { take: 4 * MiB }, peers)
      const served = bench.unchoked(peers)
      if (served.includes('g')) bench.tell({ kind: 'passed-on', peer: 'g', share: SHARE, pieces: 1 })
      good += Number(served.includes('g'))
      bad += Number(served.includes('h'))
    }
    expect(good).toBeGreaterThan(bad * 1.2)
    expect(bad).toBeGreaterThan(0)
  })

  test('anti-leech: the middle of a download waits longest', () => {
    const bench = seeding(1, { antiLeech: true })
    bench.join('abc')
    for (const [peer, progress] of Object.entries({ a: 0.5, b: 0.5, c: 0.98 }))
      bench.tell({ kind: 'progress', peer, share: SHARE, progress })
    bench.tell({ kind: 'left', peer: 'a', share: SHARE })
    expect(bench.unchoked('bc')).toBe('c')
  })
})

describe('the automatic number of slots', () => {
  test.each([
    [0, 3],
    [100 * KiB, 3],
    [1 * MiB, 4],
    [10 * MiB, 13],
    [100 * MiB, 32]
  ])('at %d B/s it is %d', (capacity, slots) => {
    expect(slotsFor(capacity)).toBe(slots)
  })

  test('grows with what was sent, and more peers are served', () => {
    const choker = new Choker({ rng: seededRng(1) })
    const peers = Array.from({ length: 40 }, (_, i) => `p${i}`)
    for (const peer of peers) {
      choker.handle({ kind: 'joined', peer, share: SHARE, credit: 0 }, millis(0))
      choker.handle({ kind: 'interest', peer, share: SHARE, interested: true }, millis(0))
    }
    expect(choker.snapshot().unchoked).toBe(3)
    for (let now = 1000; now <= 30_000; now += 1000) {
      choker.handle({ kind: 'sent', peer: 'p0', share: SHARE, bytes: 10 * MiB }, millis(now))
      choker.handle({ kind: 'tick' }, millis(now))
      choker.checkInvariants()
    }
    expect(choker.snapshot().unchoked).toBeGreaterThan(10)
  })
})
