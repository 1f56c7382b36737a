import { CLOSE_CODES, type CloseCode } from './close-codes.ts'
import { Reason } from './generated/swarm_pb.ts'
import type { RefuseReason } from './messages.ts'

const REASON_NUMBERS = {
  unspecified: Reason.UNSPECIFIED,
  'unknown-share': Reason.UNKNOWN_SHARE,
  lacking: Reason.LACKING,
  choked: Reason.CHOKED,
  busy: Reason.BUSY,
  unavailable: Reason.UNAVAILABLE,
  paused: Reason.PAUSED,
  cancelled: Reason.CANCELLED
} as const satisfies Record<RefuseReason, Reason>

const REASONS = new Map<number, RefuseReason>(
  Object.entries(REASON_NUMBERS).map(([name, number]) => [number, name as RefuseReason])
)
const CODES = new Map<number, CloseCode>(
  Object.entries(CLOSE_CODES).map(([name, number]) => [number, name as CloseCode])
)

/** The number of a refusal's reason on the wire. */
export function reasonNumber(reason: RefuseReason): Reason {
  return REASON_NUMBERS[reason]
}

/** The reason of a number; one that a later version may have added reads as `unspecified`. */
export function reasonOf(number: number): RefuseReason {
  return REASONS.get(number) ?? 'unspecified'
}

/** The close code of a number; one that a later version may have added reads as `internal`. */
export function closeCodeOf(number: number): CloseCode {
  return CODES.get(number) ?? 'internal'
}
