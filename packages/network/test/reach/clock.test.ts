import { afterEach, describe, expect, test } from 'vitest'
import { CLOCK_WATCH } from '../../src/limits/index.ts'
import { ClockSamples } from '../../src/reach/clock/clock-samples.ts'
import { startNode, stopAll, systemClock, until } from '../support/nodes.ts'

afterEach(stopAll)

const YEAR = 365 * 86_400_000
/** Wall time of the honest at monotonic 0. */
const TRUE = 1_800_000_000_000

function samplesOf(...offsets: number[]): ClockSamples {
  const samples = new ClockSamples()
  offsets.forEach((offset, i) => samples.take(`peer ${i}`, TRUE + offset, 0, 0))
  return samples
}

describe('the median of what peers say', () => {
  test('nothing with fewer than three', () => {
    expect(samplesOf(0, 0).offset(TRUE, 0)).toBeUndefined()
    expect(samplesOf(0, 0, 0).offset(TRUE, 0)).toBe(0)
  })

  test('our clock a year ahead, or behind', () => {
    expect(samplesOf(1, 0, -1).offset(TRUE + YEAR, 0)).toBe(YEAR)
    expect(samplesOf(1, 0, -1).offset(TRUE - YEAR, 0)).toBe(-YEAR)
  })

  test('two liars of five shift it no further than the honest are apart', () => {
    const offset = samplesOf(YEAR, YEAR, -20, 0, 20).offset(TRUE, 0)
    expect(Math.abs(offset ?? YEAR)).toBeLessThanOrEqual(20)
  })

  test('time goes on, and our clock is set meanwhile', () => {
    const samples = samplesOf(0, 0, 0)
    expect(samples.offset(TRUE + 5000, 5000)).toBe(0)
    expect(samples.offset(TRUE + 5000 + YEAR, 5000)).toBe(YEAR)
  })

  test('half of the round trip is taken off; one that took too long tells nothing', () => {
    const samples = new ClockSamples()
    for (const voice of ['a', 'b', 'c']) samples.take(voice, TRUE + 500, 0, 1000)
    expect(samples.offset(TRUE, 0)).toBe(0)
    const late = new ClockSamples()
    for (const voice of ['a', 'b', 'c']) late.take(voice, TRUE, 0, CLOCK_WATCH.maxRoundTrip + 1)
    expect(late.offset(TRUE, 0)).toBeUndefined()
  })

  test('nonsense is no time, and memory is bounded', () => {
    const samples = samplesOf(Number.NaN, -TRUE - 1, Number.MAX_VALUE)
    expect(samples.offset(TRUE, 0)).toBeUndefined()
    for (let i = 0; i < 1000; i++) samples.take(`peer ${i}`, TRUE, 0, 0)
    expect(samples.wants('another', 0)).toBe(false)
    expect(samples.wants('peer 999', 0)).toBe(false)
    expect(samples.wants('peer 999', CLOCK_WATCH.renewal)).toBe(true)
  })
})

test('a node whose clock is a year off learns it from the peers that it meets', async () => {
  const peers = await Promise.all([1, 2, 3].map(() => startNode()))
  const wrong = { ...systemClock, wallTime: () => Date.now() + YEAR }
  const node = await startNode({
    clock: wrong,
    bootstrap: peers.flatMap(({ network }) => network.addresses())
  })
  await until(() => node.network.condition().clockOffset !== undefined, 'three peers have told their time')
  expect(Math.abs((node.network.condition().clockOffset ?? 0) - YEAR)).toBeLessThan(10_000)
  expect(node.network.peers()).toHaveLength(3)
})
