import { millis, seededRng } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type IndexEffect, type IndexEvent, IndexFetch } from '../../src/index.ts'

type BlockRequest = Extract<IndexEffect, { kind: 'block-request' }>

class Harness {
  readonly fetch = new IndexFetch({ rng: seededRng(5) })
  readonly log: IndexEffect[] = []
  readonly open = new Map<number, BlockRequest>()
  now = 0

  event(event: IndexEvent): void {
    if (event.kind === 'peer-left') {
      for (const r of [...this.open.values()]) if (r.peer === event.peer) this.open.delete(r.id)
    }
    if (event.kind === 'block-arrived' || event.kind === 'refused') this.open.delete(event.id)
    this.fetch.handle(event, millis(this.now))
    for (const effect of this.fetch.takeEffects()) {
      this.log.push(effect)
      if (effect.kind === 'block-request') this.open.set(effect.id, effect)
      if (effect.kind === 'cancel') expect(this.open.delete(effect.id)).toBe(true)
    }
    this.fetch.checkInvariants()
    const asked = [...this.open.values()]
    const pairs = asked.map((r) => `${r.peer} ${r.key}`)
    expect(new Set(pairs).size).toBe(pairs.length)
    for (const { key } of asked) expect(asked.filter((r) => r.key === key).length).toBeLessThanOrEqual(3)
  }

  wait(ms: number): void {
    const end = this.now + ms
    for (let i = 0; i < 1000; i++) {
      const wake = this.fetch.nextWake()
      if (wake === undefined || wake > end) break
      this.now = Math.max(this.now, wake)
      this.event({ kind: 'tick' })
      expect(this.fetch.nextWake() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(this.now)
    }
    this.now = end
  }

  of(peer: string): BlockRequest[] {
    return [...this.open.values()].filter((r) => r.peer === peer)
  }
}

const keys = (n: number): string[] => Array.from({ length: n }, (_, i) => `k${i}`)

interface Step {
  kind: string
  peer: number
  n: number
}

function play(h: Harness, { kind, peer: p, n }: Step): void {
  const peer = `p${p}`
  const moves: Record<string, () => void> = {
    join: () => {
      if (h.of(peer).length > 0) h.event({ kind: 'peer-left', peer })
      h.event({ kind: 'peer-joined', peer })
    },
    leave: () => h.event({ kind: 'peer-left', peer }),
    rest: () => h.event({ kind: 'peer-resting', peer, until: millis(h.now + 60_000) }),
    want: () => h.event({ kind: 'wanted', keys: [`k${n % 50}`, `k${n % 7}`] }),
    unwant: () => h.event({ kind: 'unwanted', keys: [`k${n % 50}`] }),
    wait: () => h.wait(n * 50),
    odd: () => h.event({ kind: 'refused', peer, id: n + 1e6, reason: 'lacking' })
  }
  const move = moves[kind]
  if (move !== undefined) return move()
  const open = [...h.open.values()][n % Math.max(1, h.open.size)]
  if (open === undefined) return
  const { peer: asked, id } = open
  if (kind === 'ok' || kind === 'bad') h.event({ kind: 'block-arrived', peer: asked, id, ok: kind === 'ok' })
  else h.event({ kind: 'refused', peer: asked, id, reason: kind === 'busy' ? 'busy' : 'lacking' })
}

describe('the fetch of an index', () => {
  test('asks a second peer where the first says nothing, and lets the slower one go', () => {
    const h = new Harness()
    h.event({ kind: 'peer-joined', peer: 'silent' })
    h.event({ kind: 'wanted', keys: ['root'] })
    h.event({ kind: 'peer-joined', peer: 'quick' })
    h.wait(299)
    expect(h.of('quick')).toEqual([])
    h.wait(1)
    const [second] = h.of('quick')
    expect(second?.key).toBe('root')
    h.event({ kind: 'block-arrived', peer: 'quick', id: second?.id ?? 0, ok: true })
    expect([h.open.size, h.fetch.wanted]).toEqual([0, 0])
    expect(h.log.at(-1)).toMatchObject({ kind: 'cancel', peer: 'silent' })
  })

  test('asks nobody twice who answers in time, and never a peer that has work of its own', () => {
    const h = new Harness()
    for (const peer of ['a', 'b']) h.event({ kind: 'peer-joined', peer })
    h.event({ kind: 'wanted', keys: keys(4) })
    h.wait(5000)
    expect(h.log.filter((e) => e.kind === 'block-request')).toHaveLength(4)
  })

  test('asks several peers in parallel, at most 16 blocks each', () => {
    const h = new Harness()
    h.event({ kind: 'peer-joined', peer: 'a' })
    h.event({ kind: 'peer-joined', peer: 'b' })
    h.event({ kind: 'wanted', keys: keys(40) })
    expect([h.of('a').length, h.of('b').length]).toEqual([16, 16])
    for (let i = 0; i < 40; i++) {
      const [first] = h.open.values()
      if (first !== undefined) h.event({ kind: 'block-arrived', peer: first.peer, id: first.id, ok: true })
    }
    expect(h.fetch.wanted).toBe(0)
    expect(h.fetch.nextWake()).toBeUndefined()
  })

  test('blames the sender of a wrong block and never asks it for that block again', () => {
    const h = new Harness()
    h.event({ kind: 'peer-joined', peer: 'bad' })
    h.event({ kind: 'wanted', keys: ['root'] })
    const [request] = h.open.values()
    h.event({ kind: 'block-arrived', peer: 'bad', id: request?.id ?? 0, ok: false })
    expect(h.log).toContainEqual({ kind: 'strike', peer: 'bad', offence: 'bad-block', key: 'root' })
    h.wait(120_000)
    expect(h.open.size).toBe(0)
    h.event({ kind: 'peer-joined', peer: 'good' })
    expect(h.of('good').map((r) => r.key)).toEqual(['root'])
  })

  test('a silent peer loses its requests after 20 s', () => {
    const h = new Harness()
    h.event({ kind: 'peer-joined', peer: 'silent' })
    h.event({ kind: 'wanted', keys: keys(3) })
    h.event({ kind: 'peer-joined', peer: 'ok' })
    h.wait(20_000)
    expect(h.of('ok').length + h.of('silent').length).toBe(3)
    expect(h.of('ok').length).toBeGreaterThanOrEqual(2)
  })

  test('refused blocks are asked of others, then sought, then asked anew', () => {
    const h = new Harness()
    h.event({ kind: 'peer-joined', peer: 'a' })
    h.event({ kind: 'wanted', keys: ['k'] })
    const [request] = h.open.values()
    h.event({ kind: 'refused', peer: 'a', id: request?.id ?? 0, reason: 'lacking' })
    expect(h.open.size).toBe(0)
    h.wait(1999)
    expect(h.log.some((effect) => effect.kind === 'seek')).toBe(false)
    h.wait(1)
    expect(h.log).toContainEqual({ kind: 'seek', keys: ['k'] })
    expect(h.of('a').length).toBe(1)
  })

  test('a busy peer is asked again after a second or two', () => {
    const h = new Harness()
    h.event({ kind: 'peer-joined', peer: 'a' })
    h.event({ kind: 'wanted', keys: ['k'] })
    const [request] = h.open.values()
    h.event({ kind: 'refused', peer: 'a', id: request?.id ?? 0, reason: 'busy' })
    h.wait(999)
    expect(h.open.size).toBe(0)
    h.wait(1001)
    expect(h.open.size).toBe(1)
  })

  test('completes with an honest peer after any sequence of events', () => {
    const step = fc.record({
      kind: fc.constantFrom(
        'join',
        'leave',
        'rest',
        'want',
        'unwant',
        'ok',
        'bad',
        'refuse',
        'busy',
        'wait',
        'odd'
      ),
      peer: fc.nat(3),
      n: fc.nat(1000)
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const h = new Harness()
        for (const s of steps) play(h, s)
        h.event({ kind: 'peer-joined', peer: 'honest' })
        for (let i = 0; i < 300 && h.fetch.wanted > 0; i++) {
          for (const r of h.of('honest'))
            h.event({ kind: 'block-arrived', peer: 'honest', id: r.id, ok: true })
          h.wait(1000)
        }
        expect(h.fetch.wanted).toBe(0)
      }),
      { numRuns: 200 }
    )
  })
})
