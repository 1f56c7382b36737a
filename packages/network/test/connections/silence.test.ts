import { millis } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { Silence, type SilenceSight, type SilenceVerdict } from '../../src/connections/silence.ts'
import { SleepDetector } from '../../src/connections/sleep-detector.ts'
import { LIFE } from '../../src/limits/index.ts'

const S = 1000

function watched(): (at: number, sight?: Partial<SilenceSight>) => SilenceVerdict {
  const silence = new Silence(millis(0))
  return (at, sight = {}) =>
    silence.look({ read: 0, handedOver: 0, backlog: false, linked: true, ...sight }, millis(at), LIFE)
}

test('who says something is alive, however seldom; who is silent is asked, and has the time of an answer', () => {
  const look = watched()
  for (let at = 0; at <= 120 * S; at += 15 * S) expect(look(at, { read: at })).toBe('alive')
  expect(look(137 * S, { read: 120 * S })).toBe('ask')
  expect(look(146 * S, { read: 120 * S })).toBe('alive')
  expect(look(147 * S, { read: 120 * S })).toBe('dead')
})

test('an answer in time ends the doubt', () => {
  const look = watched()
  expect(look(16 * S)).toBe('ask')
  expect(look(20 * S, { read: 12 })).toBe('alive')
  expect(look(30 * S, { read: 12 })).toBe('alive')
  expect(look(36 * S, { read: 12 })).toBe('ask')
})

test('a dead peer of a link is gone within 30 s, one that nobody waits for within two minutes', () => {
  for (const [linked, limit] of [
    [true, 30 * S],
    [false, 120 * S]
  ] as const) {
    const look = watched()
    let at = 0
    while (look(at, { linked }) !== 'dead') at += LIFE.look
    expect(at).toBeLessThanOrEqual(limit)
  }
})

test('a full uplink is no death: each byte that the kernel takes was confirmed by the peer', () => {
  const look = watched()
  for (let at = 0; at < 300 * S; at += 5 * S) {
    expect(look(at, { backlog: true, handedOver: at })).toBe('alive')
  }
})

test('a question behind a stuck queue waits longer', () => {
  const look = watched()
  expect(look(16 * S, { backlog: true })).toBe('ask')
  expect(look(70 * S, { backlog: true })).toBe('alive')
  expect(look(76 * S, { backlog: true })).toBe('dead')
})

test('in doubt after a sleep nothing before counts', () => {
  const silence = new Silence(millis(0))
  const sight = { read: 0, handedOver: 0, backlog: false, linked: false }
  silence.doubt()
  // What had come before is read now.
  expect(silence.look({ ...sight, read: 500 }, millis(502 * S), LIFE)).toBe('ask')
  expect(silence.look({ ...sight, read: 500 }, millis(510 * S), LIFE)).toBe('alive')
  expect(silence.look({ ...sight, read: 500 }, millis(512 * S), LIFE)).toBe('dead')
  silence.doubt()
  expect(silence.look({ ...sight, read: 500 }, millis(600 * S), LIFE)).toBe('ask')
  expect(silence.look({ ...sight, read: 512 }, millis(602 * S), LIFE)).toBe('alive')
  expect(silence.look({ ...sight, read: 512 }, millis(650 * S), LIFE)).toBe('alive')
})

test('a sleep shows on either clock; one that is set back shows nothing', () => {
  let [now, wall] = [0, 1_000_000]
  const detector = new SleepDetector({ now: () => millis(now), wallTime: () => wall }, millis(2 * S))
  const after = (monotonic: number, byWall: number): number => {
    now += monotonic
    wall += byWall
    return detector.look()
  }
  expect(after(2 * S, 2 * S)).toBe(0)
  expect(after(122 * S, 122 * S)).toBe(120 * S)
  expect(after(2 * S, 62 * S)).toBe(60 * S)
  expect(after(2 * S, -3600 * S)).toBe(0)
})
