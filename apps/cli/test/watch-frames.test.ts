import { fc, test as property } from '@fast-check/vitest'
import type { Moment } from '@p2pshare/control'
import { describe, expect, test } from 'vitest'
import { fit, padded, widthOf } from '../src/live/fit.ts'
import { styleOf } from '../src/live/screen.ts'
import { momentLines } from '../src/render/moment-lines.ts'
import { topFrame } from '../src/render/top-frame.ts'
import { oneShareFrame, sharesFrame } from '../src/render/watch-frame.ts'
import { Histories } from '../src/watching/histories.ts'
import { atEverySize, inBothStyles, momentOf, observed, RATES } from './frames.ts'
import { phase } from './run-cli.ts'

const SEEDING = observed({
  ...{ cid: 'bafkb', name: 'b\u001b[2J\u202Egpj.exe', state: 'seeding', done: 30, size: 30, rateDown: 0 },
  ...{ rateUp: 5e6, map: '#'.repeat(30), relayed: 0 },
  phase: phase({ phase: 'done', done: 30, total: 30, peers: 3 })
})
const WAITING = observed({
  ...{ cid: 'bafkc', name: '日本語.bin', rateDown: 0, rateUp: 0, done: 12, size: 30, peers: 0, relayed: 0 },
  ...{ availability: 0, map: '' },
  phase: phase({ phase: 'finding', tried: [{ source: 'lan-dht', outcome: 'nobody', providers: 0 }] })
})
const BROKEN = observed({
  ...{
    cid: 'bafkd',
    name: 'd',
    state: 'error',
    reason: 'file missing\u0007',
    rateDown: 0,
    rateUp: 0,
    peers: 0
  },
  phase: phase({ phase: 'waiting', reason: 'file missing\u0007' })
})
const BUSY = momentOf([observed(), SEEDING, WAITING, BROKEN], {
  ...{ states: { fetching: 2, seeding: 40, error: 1 }, more: 39 }
})
const HELD = [
  observed({
    ...{
      cid: 'bafke',
      name: 'queued.iso',
      state: 'queued',
      done: 0,
      peers: 0,
      rateUp: 0,
      rateDown: 0,
      map: ''
    },
    ...{ reason: 'place 12 of 345 in the queue' },
    phase: phase({ phase: 'waiting', reason: 'place 12 of 345 in the queue' })
  }),
  observed({
    ...{
      cid: 'bafkf',
      name: 'enough.iso',
      state: 'paused',
      peers: 0,
      rateUp: 0,
      rateDown: 0,
      done: 30,
      size: 30
    },
    ...{ reason: 'ratio 2.0 reached', map: '#'.repeat(30) },
    phase: phase({ phase: 'done', done: 30, total: 30 })
  }),
  observed({
    ...{
      cid: 'bafkg',
      name: 'away.iso',
      state: 'offline',
      peers: 0,
      rateUp: 0,
      rateDown: 0,
      done: 30,
      size: 30
    },
    ...{ reason: 'offline: /media/disk/away.iso is away', map: '' },
    phase: phase({ phase: 'waiting', reason: 'offline: /media/disk/away.iso is away' })
  })
]
const REST = momentOf(HELD, { states: { queued: 1, paused: 1, offline: 1 }, rateDown: 0, rateUp: 0 })
const QUIET = momentOf([], { states: {}, rateDown: 0, rateUp: 0, peers: 0, relayed: 0 })

/** As after some seconds of watching. */
function watched(moment: Moment): Histories {
  const histories = new Histories()
  for (const [second, rate] of RATES.entries()) {
    const shares = moment.shares.map((share) => ({ ...share, rateDown: rate, rateUp: rate / 2 }))
    histories.note({ ...moment, at: second * 1000, rateDown: rate, rateUp: rate / 2, shares })
  }
  return histories
}

const FRAMES = { top: topFrame, watch: sharesFrame, 'watch-one': oneShareFrame }
const CASES = Object.entries(FRAMES).flatMap(([name, frame]) => [
  [name, frame, BUSY] as const,
  [`${name}-quiet`, frame, QUIET] as const,
  ...(name === 'watch-one' ? [] : [[`${name}-held`, frame, REST] as const])
])

describe('frames of what the daemon does', () => {
  test.each(CASES)('%s', async (name, frame, moment) => {
    const histories = watched(moment)
    const drawn = atEverySize((screen, tick) => frame(moment, histories, screen, tick))
    await expect(drawn).toMatchFileSnapshot(`golden/${name}.txt`)
  })

  test('top on a terminal 10 columns wide', async () => {
    const screen = { columns: 10, rows: 24, style: styleOf(false) }
    const moment = { ...BUSY, shares: [...BUSY.shares, ...HELD] }
    const lines = fit(topFrame(moment, watched(moment), screen, 0), 10, 24)
    for (const line of lines) expect(widthOf(line)).toBeLessThan(10)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/top-10-columns.txt')
  })

  test('colours change nothing but colours, and names are shown escaped', () => {
    for (const frame of Object.values(FRAMES)) {
      const { plain, stripped } = inBothStyles((screen, tick) => frame(BUSY, watched(BUSY), screen, tick))
      expect(stripped).toEqual(plain)
      expect(plain.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }
  })

  property.prop([fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 60 }), fc.nat({ max: 12 })])(
    'fit every screen, and say how many shares are left out',
    (columns, rows, count) => {
      const shares = Array.from({ length: count }, (_, i) => observed({ cid: `c${i}`, name: `name ${i}` }))
      const moment = momentOf(shares, { more: 3 })
      for (const frame of [topFrame, sharesFrame]) {
        const all = frame(moment, watched(moment), { columns, rows, style: styleOf(false) }, 0)
        const lines = fit(all, columns, rows)
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(Math.max(1, columns - 1))
        if (rows < 12 || columns < 60 || count === 0) continue
        const shown = lines.filter((line) => /name \d/.test(line)).length
        expect(lines.at(-1)).toContain(`and ${count - shown + 3} more`)
      }
    }
  )

  test('plain lines: one for each thing', () => {
    expect([...momentLines(BUSY).values()]).toEqual([
      'daemon: 1.2 MiB/s down, 2.0 KiB/s up, 5 peers (4 direct, 1 relayed)',
      'shares: 1 error, 2 fetching, 40 seeding',
      'limits: up 1.9 MiB/s, down unlimited (alternative limits, by the schedule)',
      'holiday.mp4: 12 of 30 pieces, 41 %, 12.3 MiB of 30.0 MiB, 1.2 MiB/s, 3 peers, 15s left',
      'b\\u{1B}[2J\\u{202E}gpj.exe: seeding, 4.8 MiB/s up, 3 peers (direct)',
      '日本語.bin: looking for peers (local DHT: nobody has it)',
      'd: failed: file missing\\u{7}'
    ])
  })
})

describe('widths and histories', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['日本', 4],
    ['aé日', 4],
    ['\u001b[1mab\u001b[22m', 2]
  ])('%j takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width)
    expect(widthOf(padded(text, 5))).toBe(5)
    expect(widthOf(padded(text, 2))).toBeLessThanOrEqual(2)
  })

  test('a sample a second, a minute of them, and none of shares that are gone', () => {
    const histories = new Histories()
    for (let at = 0; at < 100_000; at += 250)
      histories.note(momentOf([observed({ rateDown: at })], { at, rateDown: at, rateUp: 1 }))
    expect(histories.down).toEqual(Array.from({ length: 60 }, (_, i) => (40 + i) * 1000))
    expect(histories.of(observed())).toHaveLength(60)
    histories.note(momentOf([], { at: 100_000 }))
    expect(histories.of(observed())).toEqual([])
  })
})
