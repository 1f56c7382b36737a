import { formatDuration, formatSize, printable } from '@p2pshare/base'
import type { Moment, ObservedShare } from '@p2pshare/control'
import { padded } from '../live/fit.ts'
import type { Screen } from '../live/screen.ts'
import type { Histories } from '../watching/histories.ts'
import { percent } from './bar.ts'
import { inForceWords } from './limit-text.ts'
import { statesText } from './moment-lines.ts'
import { phaseText } from './phase-text.ts'
import { mark } from './share-frame.ts'
import { sparkline } from './sparkline.ts'
import { ratesLine } from './watch-frame.ts'

/** A column of the table beside the name. */
interface Column {
  readonly title: string
  readonly width: number
  cell(share: ObservedShare, histories: Histories): string
}

const COLUMNS: Readonly<Record<string, Column>> = {
  state: { title: 'STATE', width: 8, cell: ({ state }) => state },
  done: { title: 'DONE', width: 5, cell: ({ done, size }) => percentText(done, size) },
  size: { title: 'SIZE', width: 8, cell: ({ size }) => formatSize(size) },
  down: { title: 'DOWN', width: 10, cell: ({ rateDown }) => rateText(rateDown) },
  up: { title: 'UP', width: 10, cell: ({ rateUp }) => rateText(rateUp) },
  peers: { title: 'PEERS', width: 5, cell: ({ peers }) => String(peers) },
  relayed: { title: 'RELAYED', width: 7, cell: ({ relayed }) => (relayed === 0 ? '' : String(relayed)) },
  left: { title: 'LEFT', width: 7, cell: ({ phase }) => leftText(phase) },
  copies: { title: 'COPIES', width: 6, cell: ({ availability }) => availability.toFixed(1) },
  rates: { title: 'LAST MINUTE', width: 20, cell: (share, histories) => sparkline(histories.of(share), 20) }
}
/** In this order columns are taken in, as long as there is room for them … */
const IMPORTANCE = ['done', 'down', 'up', 'state', 'peers', 'left', 'size', 'relayed', 'copies', 'rates']
/** … beside so many columns of a name. */
const NAME = { least: 14, most: 60 }

/** Below so many rows, the daemon itself gets one only. */
const SMALL = 12

/** Everything the daemon does: itself, then a table of shares, what moves first. */
export function topFrame(moment: Moment, histories: Histories, screen: Screen, tick: number): string[] {
  const { style, rows } = screen
  const { version, network, at, startedAt } = moment
  const running = formatDuration(at - startedAt)
  const head = [
    `${style('bold', `p2pshare ${version}`)} · network ${printable(network, 60)} · running ${running} · q leaves`,
    ratesLine(moment, histories, screen),
    `limits: ${inForceWords(moment.limits)}`,
    `shares: ${statesText(moment)}`
  ]
  if (moment.shares.length === 0) return head
  const above = rows < SMALL ? head.slice(1, 2) : [...head, '']
  const under = { ...screen, rows: rows - above.length }
  return [...above, ...table(moment, histories, under, tick)]
}

function table(moment: Moment, histories: Histories, screen: Screen, tick: number): string[] {
  const { style, columns, rows } = screen
  const { chosen, name } = layoutOf(columns)
  const row = (before: string, title: string, cells: readonly string[]): string =>
    [
      `${before} ${padded(title, name)}`,
      ...chosen.map(({ width }, i) => (cells[i] ?? '').padStart(width))
    ].join('  ')
  const titles = chosen.map(({ title }) => title)
  const lines = [style('dim', row(' ', 'NAME', titles))]
  // One row is the cursor's, one tells of what found no room.
  const most = rows - 2
  let left = moment.shares.length
  for (const share of moment.shares) {
    const cells = chosen.map((column) => column.cell(share, histories))
    const block = [row(mark(share, tick, screen), printable(share.name), cells), ...waitLines(share, screen)]
    if (lines.length + block.length > most) break
    lines.push(...block)
    left--
  }
  if (left + moment.more > 0) lines.push(style('dim', `  … and ${left + moment.more} more: p2pshare list`))
  return lines
}

/** Which columns there are, and how wide the name is. */
function layoutOf(columns: number): { chosen: Column[]; name: number } {
  let room = columns - 3 - NAME.least
  const names = new Set<string>()
  for (const name of IMPORTANCE) {
    const width = (COLUMNS[name]?.width ?? 0) + 2
    if (width > room) break
    room -= width
    names.add(name)
  }
  const chosen = Object.entries(COLUMNS).flatMap(([name, column]) => (names.has(name) ? [column] : []))
  return { chosen, name: Math.max(1, Math.min(NAME.most, NAME.least + room)) }
}

/** What a share waits for or looks for, under it. */
function waitLines({ phase, state, reason }: ObservedShare, { style }: Screen): string[] {
  if (state === 'error') return [style('dim', `    ${printable(reason ?? 'it failed')}`)]
  const waits = phase.phase === 'waiting' || phase.phase === 'finding' || phase.phase === 'connecting'
  if (state === 'offline' || (state === 'paused' && phase.phase === 'done' && reason !== undefined))
    return [style('dim', `    ${printable(reason ?? state, 300)}`)]
  return waits ? [style('dim', `    ${phaseText(phase)}`)] : []
}

function percentText(done: number, size: number): string {
  const share = percent(done, size)
  return share === undefined ? '' : `${share} %`
}

const rateText = (rate: number): string => (rate < 1 ? '·' : `${formatSize(rate)}/s`)

const leftText = ({ etaMs, phase }: ObservedShare['phase']): string =>
  etaMs === null || phase !== 'pieces' ? '' : formatDuration(etaMs)
