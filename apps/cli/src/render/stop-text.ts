import { formatSpan, printable } from '@p2pshare/base'
import type { StopAnswer, Stopping } from '@p2pshare/control'

/** When a share stops and how far it is: `stops seeding at ratio 2 (0.31 now) or after 7d (2d 3h now)`. */
export function stopWords({ rules, ratio, seeded, replicas }: Stopping): string {
  const ends: string[] = []
  if (rules.ratio !== null) ends.push(`at ratio ${rules.ratio} (${ratioWords(ratio)} now)`)
  if (rules.time !== null) ends.push(`after ${formatSpan(rules.time)} (${formatSpan(seeded)} now)`)
  const first = ends.join(' or ')
  if (rules.replicas === null)
    return first === '' ? 'does not stop seeding by itself' : `stops seeding ${first}`
  const others = rules.replicas === 1 ? '1 other has' : `${rules.replicas} others have`
  const floor = `${others} all of it (${replicas} seen within a day)`
  return `stops seeding ${first === '' ? 'once' : `${first}, but not before`} ${floor}`
}

/** Answer of `stop-when`. */
export function stopAnswerText(answer: StopAnswer): string {
  const { cid, state, reason, own, ratio, seeded, replicas } = answer
  const whose = own.length === 0 ? ' (as the configuration says)' : ''
  return [
    `${cid} ${state}${reason === undefined ? '' : ` (${printable(reason)})`}`,
    `${stopWords(answer)}${whose}`,
    `so far: ratio ${ratioWords(ratio)}, seeded for ${formatSpan(seeded)}, ${replicas === 1 ? '1 other' : `${replicas} others`} seen with all of it within a day`
  ].join('\n')
}

/** Rounded down, so that a rule is never said to be reached before it is. */
function ratioWords(ratio: number | null): string {
  return ratio === null ? 'unknown' : String(Math.floor(ratio * 100) / 100)
}
