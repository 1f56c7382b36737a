import { fc, test as property } from '@fast-check/vitest'
import cliTruncate from 'cli-truncate'
import { describe, expect, test } from 'vitest'
import { fit, rowsTaken } from '../src/live/fit.ts'
import { styleOf } from '../src/live/screen.ts'
import { fetchView, openingView } from '../src/render/fetch-view.ts'
import { fold, mapLine } from '../src/render/piece-map.ts'
import { type SeenShare, shareFrame } from '../src/render/share-frame.ts'
import { sparkline } from '../src/render/sparkline.ts'
import { wrapWords } from '../src/render/wrap-words.ts'
import { atEverySize, inBothStyles, momentOf, observed, RATES } from './frames.ts'
import { CID, phase } from './run-cli.ts'

const HOSTILE = 'a\u001b[2J\u202Egpj.\u200Bexe\u2066\uFEFF\r\n\u009B31mb'

const OFFLINE =
  'offline: /media/ann/disk/holiday.mp4 is away (nothing is mounted at /media/ann/disk); goes on by itself when it is back'

const CASES: Readonly<Record<string, SeenShare>> = {
  fetching: observed(),
  'all-but-one-byte': observed({
    phase: phase({
      phase: 'pieces',
      pieces: 29,
      totalPieces: 30,
      done: 2 ** 40 - 1,
      total: 2 ** 40,
      peers: 1
    }),
    ...{ relayed: 0, map: '#############################-' }
  }),
  finding: observed({
    phase: phase({
      tried: [
        { source: 'lan-dht', outcome: 'nobody', providers: 0 },
        { source: 'amino-dht', outcome: 'timed-out', providers: 0 },
        { source: 'hint', outcome: 'failed', providers: 0, text: 'refused' }
      ]
    }),
    ...{ map: '', rateUp: 0 }
  }),
  waiting: observed({
    phase: phase({
      ...{ phase: 'waiting', pieces: 12, totalPieces: 30, done: 12, total: 30, peers: 2, etaMs: null },
      reason: 'nobody connected has any of the 18 missing pieces; looking for others'
    }),
    ...{ map: '############..................', relayed: 2, rateUp: 0 }
  }),
  'disk-full': observed({
    state: 'paused',
    phase: phase({ phase: 'waiting', done: 12, total: 30, reason: 'disk full: goes on by itself' }),
    ...{ map: '#-' }
  }),
  queued: observed({
    ...{ state: 'queued', reason: 'place 12 of 345 in the queue', map: '', rateUp: 0, rateDown: 0 },
    ...{ peers: 0, relayed: 0 },
    phase: phase({ phase: 'waiting', total: 30, reason: 'place 12 of 345 in the queue' })
  }),
  'seeded-enough': observed({
    ...{ state: 'paused', reason: 'ratio 2.0 reached, 3 others have all of it', map: '#'.repeat(30) },
    ...{ rateUp: 0, rateDown: 0, peers: 0, relayed: 0, done: 30 * 1024 ** 2 },
    phase: phase({ phase: 'done', done: 30, total: 30, pieces: 30, totalPieces: 30 })
  }),
  offline: observed({
    ...{ state: 'offline', reason: OFFLINE, map: '', rateUp: 0, rateDown: 0, peers: 0, relayed: 0 },
    phase: phase({ phase: 'waiting', done: 30, total: 30, reason: OFFLINE })
  }),
  seeding: observed({
    state: 'seeding',
    phase: phase({ phase: 'done', done: 30, total: 30, pieces: 30, totalPieces: 30, peers: 1 }),
    ...{ map: '#'.repeat(30), relayed: 0 }
  }),
  hostile: observed({
    name: HOSTILE,
    phase: phase({ phase: 'waiting', reason: HOSTILE, total: 1 }),
    map: ''
  }),
  wide: observed({ name: '日本語の名前'.repeat(20) })
}

describe('the frame of a share', () => {
  test.each(Object.entries(CASES))('%s', async (name, share) => {
    const frame = atEverySize((screen, tick) =>
      shareFrame(share, { rates: RATES, elapsed: 12_000, tick }, screen)
    )
    await expect(frame).toMatchFileSnapshot(`golden/share-${name}.txt`)
  })

  test('before the daemon has said anything', async () => {
    const { frame } = openingView(CID, () => 0)
    await expect(atEverySize(frame)).toMatchFileSnapshot('golden/opening.txt')
  })

  test('a fetch among others that does not move, and why', async () => {
    const reason = 'None of 2 connected peers has piece 7.'
    const event = { event: 'state', cid: CID, name: 'x', state: 'fetching' } as const
    const { frame, line } = fetchView(
      { ...event, phase: phase({ phase: 'waiting', reason, done: 1, total: 3, peers: 2 }) },
      {
        elapsed: () => 12_000,
        moment: () => momentOf([observed({ map: '#.' })], { states: { fetching: 3 } }),
        rates: [],
        stalled: `${reason} Others are looked for. More: p2pshare why ${CID}`
      }
    )
    expect(line).toContain(`${reason} Others are looked for.`)
    await expect(atEverySize(frame)).toMatchFileSnapshot('golden/fetch-stalled.txt')
  })

  test('colours change nothing but colours', () => {
    for (const share of Object.values(CASES)) {
      const { plain, coloured, stripped } = inBothStyles((screen, tick) =>
        shareFrame(share, { rates: RATES, tick }, screen)
      )
      expect(stripped).toEqual(plain)
      expect(coloured.join('')).toContain('\u001b[')
      expect(plain.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }
  })

  property.prop([fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 60 })])(
    'fits every screen, and says 100 % only when all is here',
    (columns, rows) => {
      for (const share of Object.values(CASES)) {
        const screen = { columns, rows, style: styleOf(true) }
        const lines = fit(shareFrame(share, { rates: RATES, tick: 1 }, screen), columns, rows)
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1))
        for (const line of lines) expect(cliTruncate(line, Math.max(1, columns - 1))).toBe(line)
        expect(rowsTaken(lines, columns)).toBe(lines.length)
        if (share.phase.done < share.phase.total) expect(lines.join('\n')).not.toContain('100 %')
      }
    }
  )
})

describe('what a frame is made of', () => {
  test.each([
    ['#+-.', 8, '##++--..'],
    ['##--', 2, '#-'],
    ['#-', 1, '+'],
    ['#.', 1, '.'],
    ['.-', 1, '-'],
    ['+.', 1, '+'],
    ['#', 3, '###']
  ])('the map %s on %i columns', (map, width, folded) => {
    expect(fold(map, width)).toBe(folded)
  })

  test('glyphs of a map, also of one that is not to be believed', () => {
    expect(mapLine('#+-.', 4, styleOf(false))).toBe('█▓░·')
    expect(mapLine('\u001b', 2, styleOf(false))).toBe('··')
    expect(mapLine('', 9, styleOf(false))).toBe('')
  })

  test.each([
    [[], 9, ''],
    [[1], 9, ''],
    [[0, 0], 9, '▁▁'],
    [[0, 50, 100], 9, '▁▄▇'],
    [[100, 0, 1], 2, '▁▇']
  ])('a sparkline of %j', (values, width, line) => {
    expect(sparkline(values, width)).toBe(line)
  })

  test('words are broken at blanks', () => {
    expect(wrapWords('aa bb cc', 5, 9)).toEqual(['aa bb', 'cc'])
    expect(wrapWords('aa bb cc', 5, 1)).toEqual(['aa bb …'])
    expect(wrapWords('aaaaaaaaa b', 5, 9)).toEqual(['aaaaaaaaa', 'b'])
    expect(wrapWords('', 5, 9)).toEqual([''])
  })

  test('rows of lines in a terminal that became narrower', () => {
    expect(rowsTaken([], 10)).toBe(0)
    expect(rowsTaken(['', '\u001b[1m0123456789\u001b[22m', '01234567890', '日本語'], 10)).toBe(5)
    expect(rowsTaken(['日本語'], 3)).toBe(2)
  })
})
