import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRng } from '@p2pshare/base'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '../src/log/daemon-log.ts'
import { boundedLine, LineFlood, LONGEST_LINE } from '../src/log/log-bounds.ts'

/** A log with a clock that is set by hand, and its lines so far. */
function openedLog() {
  const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'daemon.log')
  const clock = { now: 0 }
  const { log, close } = openLog(file, { usual: 'debug', areas: {} }, () => clock.now)
  onTestFinished(close)
  const lines = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((text) => ({ text, value: JSON.parse(text) as Record<string, unknown> }))
  return { log, clock, lines }
}

test('a name cannot begin a line, move the cursor or turn the text around', () => {
  const { log, lines } = openedLog()
  const name = 'a\nb\r\u001b[2J\u009b2J\u2028\u202e\u200b\u{e0001}'
  log.child('share').warn({ name }, `cannot read ${name}`)
  const [line, ...more] = lines()
  expect(more).toEqual([])
  expect(line?.value).toMatchObject({ name, msg: `cannot read ${name}`, area: 'share' })
  expect(line?.text).toMatch(/^[\x20-\x7e]+$/)
})

test('a line has a bound and is JSON still, with its level, time and message', () => {
  const { log, lines } = openedLog()
  log.info({ path: 'x'.repeat(1e6), list: Array.from({ length: 10_000 }, (_, i) => `entry ${i}`) }, 'long')
  log.error({ error: new Error('y'.repeat(1e5)) }, 'z'.repeat(1e5))
  log.info(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`field ${i}`, i])), 'many')
  log.info({ fits: 'x'.repeat(3500) }, 'whole')
  const all = lines()
  expect(all.map(({ value }) => value['cut'])).toEqual([true, true, true, undefined])
  for (const { text, value } of all) {
    expect(text.length).toBeLessThanOrEqual(LONGEST_LINE)
    expect(value).toMatchObject({ level: expect.any(Number), time: expect.any(Number) })
  }
  expect(String(all[1]?.value['msg'])).toMatch(/^z+…$/)
})

test('no text is too long for its bound', () => {
  const rng = seededRng(4)
  for (let round = 0; round < 200; round++) {
    const text = Array.from(
      { length: rng.below(3000) },
      () => ['a', '"', '\\', '😀', 'é', '\u202e'][rng.below(6)]
    ).join('')
    const value = { level: 30, time: 1, msg: text, [text]: text, deep: { deep: [text, text, { text }] } }
    const line = boundedLine(JSON.stringify(value))
    expect(line.length).toBeLessThanOrEqual(LONGEST_LINE)
    expect(JSON.parse(line)).toMatchObject({ level: 30, time: 1 })
  }
})

test('what happens all the time is left out and counted; the rest is not', () => {
  const { log, clock, lines } = openedLog()
  const network = log.child('network')
  for (let i = 0; i < 500; i++) network.warn({ peer: i }, 'broke a rule')
  network.info({}, 'broke a rule')
  log.warn({}, 'broke a rule')
  expect(lines()).toHaveLength(52)
  clock.now = 1000
  for (let i = 0; i < 20; i++) network.warn({ peer: i }, 'broke a rule')
  const since = lines().slice(52)
  expect(since.map(({ value }) => value['leftOut'])).toEqual([
    450,
    ...Array.from({ length: 9 }, () => undefined)
  ])
  for (let i = 0; i < 100; i++) network.debug({}, 'asked for')
  expect(lines()).toHaveLength(162)
})

test('kinds of lines take bounded memory', () => {
  const flood = new LineFlood(() => 0)
  for (let i = 0; i < 50; i++) flood.admit('first')
  expect(flood.admit('first')).toBeUndefined()
  for (let i = 0; i < 10_000; i++) expect(flood.admit(`kind ${i}`)).toEqual({ leftOut: 0 })
  // Forgotten meanwhile.
  expect(flood.admit('first')).toEqual({ leftOut: 0 })
})
