import { formatSize, printable } from '@p2pshare/base'
import type { Moment, ObservedShare } from '@p2pshare/control'
import type { Screen } from '../live/screen.ts'
import type { Histories } from '../watching/histories.ts'
import { mapLine } from './piece-map.ts'
import { barLine, doingText, hasMap, mark, peersText, shareFrame, trafficLine } from './share-frame.ts'
import { sparkline } from './sparkline.ts'

/** Columns of a sparkline. */
const SPARK = 20

/** `status --watch <hash>`: the one share, in full. */
export function oneShareFrame(
  { shares }: Moment,
  histories: Histories,
  screen: Screen,
  tick: number
): string[] {
  const [share] = shares
  if (share === undefined) return []
  const { availability, downloaded, uploaded } = share
  const facts = `${availability.toFixed(1)} copies in sight · ${formatSize(downloaded)} received, ${formatSize(uploaded)} sent`
  return [
    ...shareFrame(share, { rates: histories.of(share), tick }, screen),
    `  ${screen.style('dim', facts)}`
  ]
}

/** `status --watch`: what moves, as many shares as there is room for. */
export function sharesFrame(moment: Moment, histories: Histories, screen: Screen, tick: number): string[] {
  const { shares, more } = moment
  if (shares.length === 0) return [ratesLine(moment, histories, screen), 'nothing is shared yet']
  const blocks = shares.map((share) => block(share, histories, screen, tick))
  const lines = [ratesLine(moment, histories, screen)]
  let left = shares.length
  for (const part of blocks) {
    // The last row is the cursor's, and one tells of what found no room.
    if (lines.length + part.length > screen.rows - (left > 1 || more > 0 ? 2 : 1)) break
    lines.push(...part)
    left--
  }
  if (left + more > 0) lines.push(screen.style('dim', `… and ${left + more} more: p2pshare list`))
  return lines
}

/** Rates and peers of the daemon. */
export function ratesLine(moment: Moment, histories: Histories, { columns, style }: Screen): string {
  const width = columns < 60 ? 0 : SPARK
  const spark = (rates: readonly number[]): string => {
    const drawn = sparkline(rates, width)
    return drawn === '' ? '' : ` ${style('cyan', drawn)}`
  }
  return [
    `↓ ${formatSize(moment.rateDown)}/s${spark(histories.down)}`,
    `↑ ${formatSize(moment.rateUp)}/s${spark(histories.up)}`,
    peersText(moment.peers, moment.relayed)
  ].join(' · ')
}

function block(share: ObservedShare, histories: Histories, screen: Screen, tick: number): string[] {
  const { style, columns } = screen
  const { phase } = share
  const title = `${mark(share, tick, screen)} ${style('bold', printable(share.name))}`
  const traffic = trafficLine(share, histories.of(share), screen)
  if (phase.phase === 'done') return [title, `  ${doingText(share)} · ${traffic}`]
  const lines = [title, `  ${doingText(share)}`]
  if (phase.total > 0) lines.push(`  ${barLine(phase, screen)}`)
  if (phase.peers > 0) lines.push(`  ${traffic}`)
  if (hasMap(share)) lines.push(`  ${mapLine(share.map, columns - 3, style)}`)
  return lines
}
