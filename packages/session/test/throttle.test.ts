import type { ByteRate, Bytes } from '@p2pshare/base'
import { linkPair, LinkRecorder, VirtualClock } from '@p2pshare/testkit'
import type { DataMessage } from '@p2pshare/wire'
import { describe, expect, test } from 'vitest'
import { Throttle } from '../src/limits/throttle.ts'

const GLOBAL = { kind: 'global' } as const
const rate = (n: number): ByteRate => n as ByteRate

/** Counts what comes in, and reads at a throttle's pace when it has one. */
class Counter extends LinkRecorder {
  total = 0
  readonly #paced: ((part: number) => Promise<void> | undefined) | undefined

  constructor(paced?: (part: number) => Promise<void> | undefined) {
    super(() => true)
    this.#paced = paced
  }

  pace(_data: DataMessage, part: Bytes): Promise<void> | undefined {
    this.total += part
    return this.#paced?.(part)
  }
}

/** Fifty links whose senders always have more to send. */
function crowd(direction: 'up' | 'down') {
  const clock = new VirtualClock()
  const throttle = new Throttle(clock)
  const links = Array.from({ length: 50 }, (_, i) => {
    const { near, far } = linkPair({ names: [`near${i}`, `far${i}`] })
    const flow = { peer: `p${i}`, share: 's', lan: false }
    const counter = new Counter(direction === 'down' ? (part) => throttle.passed(flow, part, far) : undefined)
    near.start(new LinkRecorder())
    far.start(counter)
    const payload = new Uint8Array(256 * 1024)
    const pace = direction === 'up' ? throttle.pace(flow, near) : undefined
    const send = async (id: number): Promise<void> => {
      await near.sendData(id, payload, pace)
      void send(id + 1).catch(() => {})
    }
    return { near, flow, counter, begin: () => void send(1).catch(() => {}) }
  })
  const total = (): number => links.reduce((sum, { counter }) => sum + counter.total, 0)
  return { clock, throttle, links, total, end: () => links.forEach(({ near }) => near.close('done')) }
}

describe('fifty greedy peers', () => {
  test.each(['up', 'down'] as const)(
    '%s: 10 s are within 5 %% of the limit, also of one set on the way',
    async (direction) => {
      const { clock, throttle, links, total, end } = crowd(direction)
      throttle.setRate(GLOBAL, rate(8e6))
      for (const { begin } of links) begin()
      await clock.advanceAsync(2000)
      const first = total()
      await clock.advanceAsync(10_000)
      expect(Math.abs((total() - first) / 80e6 - 1)).toBeLessThan(0.05)
      throttle.setRate(GLOBAL, rate(2e6))
      const second = total()
      await clock.advanceAsync(10_000)
      expect(Math.abs((total() - second) / 20e6 - 1)).toBeLessThan(0.05)
      const each = links.map(({ counter }) => counter.total)
      expect(Math.min(...each) / Math.max(...each)).toBeGreaterThan(0.7)
      end()
    },
    20_000
  )

  test('a link that ends while it waits gives its place to the others, and no timer stays', async () => {
    const { clock, throttle, links, total, end } = crowd('up')
    throttle.setRate(GLOBAL, rate(1e6))
    for (const { begin } of links) begin()
    await clock.advanceAsync(1000)
    for (const { near, flow } of links.slice(1)) {
      near.close('done')
      throttle.leave(near, flow.peer)
    }
    const before = total()
    await clock.advanceAsync(10_000)
    expect(Math.abs((total() - before) / 10e6 - 1)).toBeLessThan(0.05)
    end()
    throttle.leave(links[0]?.near ?? {}, 'p0')
    await clock.advanceAsync(0)
    expect(clock.nextTimer).toBeUndefined()
  })
})

describe('without a limit', () => {
  test('a pace costs no promise and no timer', () => {
    const clock = new VirtualClock()
    const throttle = new Throttle(clock)
    const flow = { peer: 'p', share: 's', lan: false }
    const pace = throttle.pace(flow, {})
    for (let i = 0; i < 1000; i++) expect(pace.take(256 * 1024)).toBeUndefined()
    expect(throttle.passed(flow, 1e9, {})).toBeUndefined()
    expect(pace.slice).toBe(256 * 1024)
    expect(clock.nextTimer).toBeUndefined()
  })

  test('lifting a limit frees who waits at that moment', async () => {
    const throttle = new Throttle(new VirtualClock())
    throttle.setRate(GLOBAL, rate(1))
    const flow = { peer: 'p', share: 's', lan: false }
    const pace = throttle.pace(flow, {})
    expect(pace.take(1024)).toBeUndefined()
    const turn = pace.take(1024)
    throttle.setRate(GLOBAL, undefined)
    expect(await turn).toBe(1024)
  })
})
