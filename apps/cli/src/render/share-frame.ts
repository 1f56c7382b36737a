import { formatDuration, formatSize, printable } from '@p2pshare/base'
import type { SharePhase } from '@p2pshare/control'
import type { Screen } from '../live/screen.ts'
import { bar, percent, spinner } from './bar.ts'
import { phaseText } from './phase-text.ts'
import { MAP_LEGEND, mapLine } from './piece-map.ts'
import { sparkline } from './sparkline.ts'
import { wrapWords } from './wrap-words.ts'

/** A share as it is drawn; what is not known yet is left out. */
export interface SeenShare {
  readonly name: string
  readonly state: string
  /** Why, in words. */
  readonly reason?: string | undefined
  readonly phase: SharePhase
  readonly rateUp?: number
  /** Of the connected peers, those over a relay. */
  readonly relayed?: number
  /** As the API's `observe` gives it. */
  readonly map?: string
}

/** What is drawn beside the share itself. */
export interface ShareFrameTimes {
  /** Rates of receiving, or of sending where nothing is received, oldest first. */
  readonly rates: readonly number[]
  /** Milliseconds since the command began; undefined = not shown. */
  readonly elapsed?: number
  /** Counts redraws. */
  readonly tick: number
}

/** Below this many columns a line has room for one thing only. */
const NARROW = 40
/** Columns of a bar, and those that its figures need. */
const BAR = { least: 10, most: 40, figures: 42 }
const SPARK = 20
/** Characters of a reason, which may name a path. */
const LONGEST_REASON = 300
/** Lines of the words on what is happening. */
const WORD_LINES = 3

/** One share in full: name, what it does and waits for, bar, rates and peers, piece map. */
export function shareFrame(share: SeenShare, times: ShareFrameTimes, screen: Screen): string[] {
  const { phase } = share
  const { style, columns } = screen
  const elapsed = times.elapsed === undefined ? '' : ` ${style('dim', `· ${formatDuration(times.elapsed)}`)}`
  const lines = [
    `${mark(share, times.tick, screen)} ${style('bold', printable(share.name))}`,
    ...wrapWords(doingText(share), Math.max(8, columns - 12), WORD_LINES).map(
      (line, i, all) => `  ${line}${i === all.length - 1 ? elapsed : ''}`
    )
  ]
  if (phase.total > 0) lines.push(`  ${barLine(phase, screen)}`)
  if (phase.peers > 0 || phase.rate > 0 || (share.rateUp ?? 0) > 0)
    lines.push(`  ${trafficLine(share, times.rates, screen)}`)
  if (hasMap(share)) {
    lines.push(`  ${mapLine(share.map ?? '', columns - 3, style)}`)
    if (columns >= MAP_LEGEND.length + 3) lines.push(`  ${style('dim', MAP_LEGEND)}`)
  }
  return lines
}

/** Whether the map tells anything: something of it is missing, and can come. */
export function hasMap({ map = '', state, phase }: SeenShare): boolean {
  return map !== '' && phase.phase !== 'done' && state !== 'error'
}

/** One column before the name: turns while something is done. */
export function mark({ state, phase }: SeenShare, tick: number, { style }: Screen): string {
  if (state === 'error') return style('red', '✗')
  if (state === 'paused' || state === 'offline') return style('yellow', '‖')
  if (state === 'queued') return style('dim', '…')
  if (phase.phase === 'done') return style('green', '✓')
  return style('cyan', spinner(tick))
}

/** What it does, waits for, or failed of. */
export function doingText({ state, reason, phase }: SeenShare): string {
  if (state === 'error') return `failed: ${printable(phase.reason ?? 'see p2pshare logs')}`
  if (state === 'offline') return printable(phase.reason ?? reason ?? state, LONGEST_REASON)
  if (phase.phase !== 'done' || state === 'fetching') return phaseText(phase)
  return reason === undefined ? state : `${state}: ${printable(reason, LONGEST_REASON)}`
}

/** Bar, percent, sizes, time left; the percentage first where there is no room for all. */
export function barLine(phase: SharePhase, { columns, style }: Screen): string {
  const share = percent(phase.done, phase.total) ?? 0
  const width =
    columns < NARROW
      ? Math.max(0, columns - 9)
      : Math.min(BAR.most, Math.max(BAR.least, columns - BAR.figures))
  const drawn = style('green', bar(phase.done, phase.total, width))
  if (columns < NARROW) return `${share} % ${drawn}`
  const left = phase.etaMs === null || phase.phase !== 'pieces' ? [] : [`${formatDuration(phase.etaMs)} left`]
  return [`${drawn} ${share} %`, `${formatSize(phase.done)} of ${formatSize(phase.total)}`, ...left].join(
    ' · '
  )
}

/** `↓ 1.2 MiB/s ▁▃▇ · ↑ 0 B/s · 3 peers (2 direct, 1 relayed)`; only sending where all is here. */
export function trafficLine(share: SeenShare, rates: readonly number[], { columns, style }: Screen): string {
  const spark = columns < NARROW ? '' : sparkline(rates, Math.min(SPARK, columns - 60))
  const drawn = spark === '' ? '' : ` ${style('cyan', spark)}`
  const { phase, rateUp } = share
  const up = rateUp === undefined ? [] : [`↑ ${formatSize(rateUp)}/s`]
  const rate =
    phase.phase === 'done' ? up.map((text) => text + drawn) : [`↓ ${formatSize(phase.rate)}/s${drawn}`, ...up]
  return [...rate, peersText(phase.peers, share.relayed)].join(' · ')
}

/** How many peers, and how they are reached. */
export function peersText(peers: number, relayed: number | undefined): string {
  const count = peers === 1 ? '1 peer' : `${peers} peers`
  if (peers === 0 || relayed === undefined) return count
  if (relayed === 0) return `${count} (direct)`
  return relayed >= peers ? `${count} (relayed)` : `${count} (${peers - relayed} direct, ${relayed} relayed)`
}
