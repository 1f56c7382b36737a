import { stripVTControlCharacters } from 'node:util'
import type { Moment, ObservedShare } from '@p2pshare/control'
import type { Frame } from '../src/live/display.ts'
import { fit } from '../src/live/fit.ts'
import { styleOf } from '../src/live/screen.ts'
import { CID, phase } from './run-cli.ts'

const MiB = 1024 * 1024

/** Sizes of terminals: one that is far too small, a narrow one, the usual one, a large one. */
const SIZES = [
  [10, 6],
  [36, 12],
  [80, 24],
  [200, 50]
] as const

/** A frame at every size, as it is to be read in a golden file. */
export function atEverySize(frame: Frame, tick = 0): string {
  return SIZES.map(([columns, rows]) => {
    const lines = fit(frame({ columns, rows, style: styleOf(false) }, tick), columns, rows)
    return `── ${columns} x ${rows}\n${lines.join('\n')}\n`
  }).join('\n')
}

/** The same lines with and without colours. */
export function inBothStyles(frame: Frame): { plain: string[]; coloured: string[]; stripped: string[] } {
  const lines = (coloured: boolean): string[] =>
    fit(frame({ columns: 80, rows: 24, style: styleOf(coloured) }, 0), 80, 24)
  const coloured = lines(true)
  return { plain: lines(false), coloured, stripped: coloured.map((line) => stripVTControlCharacters(line)) }
}

/** A share that is being fetched, but for what the test says. */
export const observed = (more: Partial<ObservedShare> = {}): ObservedShare => ({
  ...{ cid: CID, name: 'holiday.mp4', size: 30 * MiB, done: 12.3 * MiB, state: 'fetching', path: '/x' },
  ...{ pieces: 30, uploaded: 2 * MiB, downloaded: 13 * MiB, rateUp: 2048, rateDown: 1.2 * MiB },
  ...{ peers: 3, relayed: 1, availability: 2.4 },
  phase: phase({
    ...{ phase: 'pieces', found: 5, connected: 3, pieces: 12, totalPieces: 30, done: 12.3 * MiB },
    ...{ total: 30 * MiB, rate: 1.2 * MiB, peers: 3, etaMs: 15_000 }
  }),
  map: '####++++----------##########..',
  ...more
})

/** What the daemon does, but for what the test says. */
export const momentOf = (shares: ObservedShare[], more: Partial<Moment> = {}): Moment => ({
  ...{ at: 200_000, version: '0.1.0', network: 'local', startedAt: 18_000, peers: 5, relayed: 1 },
  ...{ rateUp: 2048, rateDown: 1.2 * MiB, states: { fetching: 1, seeding: 2 }, shares, more: 0 },
  limits: { up: 2_000_000, down: null, includeLan: false, why: 'schedule' },
  ...more
})

/** Rates that rise and fall. */
export const RATES: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 6, 3, 0].map((rate) => rate * MiB)
