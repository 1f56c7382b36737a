import type { Millis, Rng } from '@p2pshare/base'
import type { ChokerLimits } from './choker-limits.ts'
import type { Lane } from './lane.ts'

/**
 * Peers of shares that we fetch, best first: who gives us most (tit-for-tat, BEP 3); then who has
 * a slot, so that equals do not swap; then who gave most in the past; then who has waited longest.
 */
export function byReciprocity(lanes: readonly Lane[], now: Millis): Lane[] {
  const rates = new Map(lanes.map((lane) => [lane, lane.received.rate(now)]))
  const rate = (lane: Lane): number => rates.get(lane) ?? 0
  return lanes.toSorted(
    (a, b) =>
      rate(b) - rate(a) || Number(a.choked) - Number(b.choked) || b.credit - a.credit || a.since - b.since
  )
}

/**
 * Peers of shares that we seed, next turn first (libtorrent's round robin): who has a slot and was
 * served less than its quantum keeps it; of those that wait, who passes on what it gets comes
 * before who waited a round longer for each piece passed on, and who gave us content of the share
 * while we fetched it before who waited two turns longer; its turns are four times as long, too.
 * So free riders take less from those who are done, and nobody waits for ever.
 */
export function byTurn(
  lanes: readonly Lane[],
  limits: ChokerLimits,
  now: Millis,
  antiLeech: boolean
): Lane[] {
  const keeps = (lane: Lane): boolean => keepsTurn(lane, limits, now)
  // Who has had its turn waits from now on.
  const since = (lane: Lane): number => (lane.choked || keeps(lane) ? lane.since : now)
  const due = (lane: Lane): number =>
    since(lane) -
    lane.passedOn * limits.round -
    (gave(lane) ? 2 * limits.seedTurn : 0) -
    (antiLeech ? edgeBonus(lane, limits) : 0)
  return lanes.toSorted((a, b) => Number(keeps(b)) - Number(keeps(a)) || due(a) - due(b))
}

/** Whether we got content of the share from the peer while we fetched it. */
const gave = (lane: Lane): boolean => lane.received.total > 0

/** Whether an unchoked peer of a seeded share has not had its turn yet. */
export function keepsTurn(lane: Lane, limits: ChokerLimits, now: Millis): boolean {
  const quantum = gave(lane) ? limits.seedQuantum : limits.seedQuantum / 4
  return !lane.choked && lane.served < quantum && now - lane.since < limits.seedTurn
}

/** Who has less than this part of the mean of all is poor: it has hardly anything that others lack. */
const POOR = 0.5

/**
 * One of the lanes by chance; newcomers are likelier, since they have nothing yet to be liked for,
 * and so is who gave us something once: it may do so again, a free rider never will. Who has
 * something, but so little that nobody wants it, could not give if it would, and is as likely:
 * else it would stay poor for ever.
 * @returns undefined when there is none
 */
export function drawOptimistic(
  lanes: readonly Lane[],
  limits: ChokerLimits,
  rng: Rng,
  now: Millis
): Lane | undefined {
  const mean = lanes.reduce((sum, lane) => sum + lane.progress, 0) / lanes.length
  const isPoor = ({ progress }: Lane): boolean => progress > 0 && progress < mean * POOR
  const weight = (lane: Lane): number => {
    if (gave(lane) || isPoor(lane)) return limits.giverWeight
    return now - lane.joinedAt < limits.newcomerTime ? limits.newcomerWeight : 1
  }
  let ticket = rng.below(
    Math.max(
      1,
      lanes.reduce((sum, lane) => sum + weight(lane), 0)
    )
  )
  for (const lane of lanes) {
    ticket -= weight(lane)
    if (ticket < 0) return lane
  }
  return undefined
}

/** Anti-leech (libtorrent): at both ends of a download a peer is furthest from being a mere sink. */
function edgeBonus(lane: Lane, limits: ChokerLimits): number {
  return Math.abs(lane.progress - 0.5) * 2 * limits.optimisticRounds * limits.round
}
