import { formatSize } from '@p2pshare/base'
import type { AlternativeLimits, Limits, LimitsInForce } from '@p2pshare/control'

const rate = (value: number | null): string => (value === null ? 'unlimited' : `${formatSize(value)}/s`)

/** Both directions, such as `up 1.9 MiB/s, down unlimited`. */
export function rateWords({ up, down }: { up: number | null; down: number | null }): string {
  return `up ${rate(up)}, down ${rate(down)}`
}

const lanWords = (includeLan: boolean): string => (includeLan ? ', local network included' : '')

const WHY = {
  normal: '',
  'switched-on': ' (alternative limits, switched on)',
  schedule: ' (alternative limits, by the schedule)'
} as const

/** What holds now, and why when it is not the usual. */
export function inForceWords(limits: LimitsInForce): string {
  return `${rateWords(limits)}${lanWords(limits.includeLan)}${WHY[limits.why]}`
}

/** What is set; of the daemon also the alternative limits, unless they are off and empty, and what holds now. */
export function limitText({ inForce, alternative, ...limits }: Limits): string {
  const lines = [`${rateWords(limits)}${lanWords(limits.includeLan)}`]
  const used =
    alternative !== undefined && (alternative.mode !== 'off' || (alternative.up ?? alternative.down) !== null)
  if (used) lines.push(`alternative: ${rateWords(alternative)}, ${modeWords(alternative)}`)
  if (inForce !== undefined && inForce.why !== 'normal') lines.push(`in force: ${inForceWords(inForce)}`)
  return lines.join('\n')
}

function modeWords({ mode, from, to, days }: AlternativeLimits): string {
  if (mode !== 'auto') return mode
  const every = days.length === 7
  return `from ${from} to ${to} ${every ? 'every day' : `on ${days.join(', ')}`}`
}
