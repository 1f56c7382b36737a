import { formatDuration, formatSize, printable } from '@p2pshare/base'
import type { RelayView } from '@p2pshare/control'
import { factLines } from './share-text.ts'

/** Reasons for refusing, in words. */
const REFUSED: Readonly<Record<string, string>> = {
  'no-place': 'no place free',
  'address-block': 'too much from one address',
  circuits: 'too many connections of one peer, or in all',
  'too-often': 'asked too often',
  forbidden: 'over another relay, to itself or to the relay',
  'no-reservation': 'wanted a peer without a place here',
  target: 'the wanted peer did not answer',
  budget: 'today’s bytes for signals are used up',
  malformed: 'not a request'
}

/** Reasons for ending, in words. */
const ENDED: Readonly<Record<string, string>> = {
  finished: 'finished',
  failed: 'one end went away',
  'data-limit': 'bytes of one connection used up',
  'time-limit': 'time of one connection up',
  idle: 'silent',
  stuck: 'one end did not read',
  budget: 'budget used up',
  stopped: 'relaying was switched off'
}

/** This daemon as a relay, a fact a line. */
export function relayText(view: RelayView): string {
  const facts: [string, string][] = [
    ['relay', `${view.mode}${view.choice === view.mode ? '' : ` (set: ${view.choice})`}`],
    ['why', printable(view.text, 500)]
  ]
  if (view.mode !== 'off') facts.push(...servingText(view))
  facts.push(...countsText('refused', view.refused, REFUSED))
  facts.push(...countsText('ended', view.ended, ENDED))
  return factLines(facts)
}

function servingText(view: RelayView): [string, string][] {
  const facts: [string, string][] = [
    ['places', `${view.places} of ${view.maxPlaces} taken, ${view.memberPlaces} by members of shares here`],
    ['connections', `${view.circuits} now, ${view.relayed} since the start`],
    ['carried', `${formatSize(view.carried)} since the start`]
  ]
  if (view.choice === 'data') {
    facts.push(['budget', budgetText(view.budget)])
    if (view.rate !== null) facts.push(['rate', `${formatSize(view.rate)}/s at most`])
  }
  facts.push(['signals', `${formatSize(view.signalsLeft)} left today`])
  return facts
}

function budgetText({ bytes, period, spent, left, resetsAt }: RelayView['budget']): string {
  const used = `${formatSize(spent)} used this ${period}`
  if (bytes === null || left === null) return `none; ${used}`
  const again = formatDuration(Math.max(0, resetsAt - Date.now()))
  return `${formatSize(bytes)} a ${period}: ${used}, ${formatSize(left)} left, anew in ${again}`
}

/** One line for each reason, the most frequent first. */
function countsText(
  name: string,
  counts: Readonly<Record<string, number>>,
  words: Readonly<Record<string, string>>
): [string, string][] {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => [name, `${count}: ${words[reason] ?? printable(reason, 40)}`])
}
