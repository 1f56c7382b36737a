import { formatSize, printable } from '@p2pshare/base'
import type { Moment, ObservedShare } from '@p2pshare/control'
import { inForceWords } from './limit-text.ts'
import { figures } from './phase-text.ts'
import { doingText, peersText } from './share-frame.ts'

/** One share on one line: what it does, and its figures. */
export function observedLine(share: ObservedShare): string {
  const { name, state, phase, rateUp, peers, relayed } = share
  if (state === 'seeding')
    return `${printable(name)}: seeding, ${formatSize(rateUp)}/s up, ${peersText(peers, relayed)}`
  return [`${printable(name)}: ${doingText(share)}`, ...figures(phase)].join(', ')
}

/** The shares of a moment, by their hash. */
export function shareLines({ shares }: Moment): Map<string, string> {
  return new Map(shares.map((share) => [share.cid, observedLine(share)]))
}

/** The same of all shares: also that there are none, and how many found no room. */
export function allShareLines(moment: Moment): Map<string, string> {
  const lines = shareLines(moment)
  if (lines.size === 0) lines.set('none', 'nothing is shared yet')
  if (moment.more > 0) lines.set('more', `… and ${moment.more} more; see p2pshare list`)
  return lines
}

/** The shares, after the daemon itself. */
export function momentLines(moment: Moment): Map<string, string> {
  const { rateDown, rateUp, peers, relayed, limits } = moment
  return new Map([
    [
      'rates',
      `daemon: ${formatSize(rateDown)}/s down, ${formatSize(rateUp)}/s up, ${peersText(peers, relayed)}`
    ],
    ['states', `shares: ${statesText(moment)}`],
    ['limits', `limits: ${inForceWords(limits)}`],
    ...shareLines(moment)
  ])
}

/** `1 fetching, 2 seeding`. */
export function statesText({ states }: Moment): string {
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`)
  return counts.length === 0 ? 'nothing is shared yet' : counts.sort().join(', ')
}
