import type { Connection } from '@libp2p/interface'
import { type Bytes, bytes, formatSize, type Millis, millis, SECOND, ShareError } from '@p2pshare/base'
import { RELAYED_LINK } from '../limits/index.ts'

/** What a link over a relay may carry before the relay ends it. */
export interface RelayBudget {
  /** Payload bytes left, both ways together; undefined: no limit. */
  bytes: Bytes | undefined
  /** Time left; undefined: no limit. */
  time: Millis | undefined
}

/** The budget of a connection as it is now; undefined where nothing limits it. */
export function relayBudget({ limits }: Pick<Connection, 'limits'>): RelayBudget | undefined {
  if (limits === undefined) return undefined
  const { bytes: left, seconds } = limits
  return {
    bytes: left === undefined ? undefined : bytes(Math.max(0, Number(left) - RELAYED_LINK.reserve)),
    time: seconds === undefined ? undefined : millis(Math.max(0, seconds * SECOND - RELAYED_LINK.spare))
  }
}

/** Whether a link is over, or not worth beginning with `least` bytes. */
export function isSpent(budget: RelayBudget | undefined, least = 0): boolean {
  return budget !== undefined && ((budget.bytes ?? Infinity) <= least || budget.time === 0)
}

/** For people: what the relay still lets through. */
export function budgetText({ bytes: left }: RelayBudget): string {
  return left === undefined ? 'its time is over' : `${formatSize(left)} left`
}

/** The peer is reached over a relay that carries no data, and routers were in the way of anything else. */
export function relayOnly(peer: string, text: string): ShareError {
  return new ShareError({
    code: 'network.relay-only',
    fault: 'network',
    message: `peer ${peer} can only be reached over a relay that carries no data: ${text}`,
    hint: 'Forward a port on one side, see docs/reaching.md; it is tried again later.'
  })
}
