import { isShareError, printable } from '@p2pshare/base'
import type { DialOutcome } from './finding-report.ts'

/** What the network's errors say of a peer, by code. */
const BY_CODE: Readonly<Record<string, DialOutcome>> = {
  'network.not-a-swarm-peer': 'not-a-swarm-peer',
  'network.banned': 'banned',
  'network.aborted': 'timed-out'
}
/** What the detail `failure` of `network.dial-failed` may say. */
const FAILURES: readonly DialOutcome[] = [
  'refused',
  'timed-out',
  'unreachable',
  'behind-nat',
  'no-name',
  'wrong-peer'
]

/** Why a link to a peer came to nothing, for display. */
export interface DialFailure {
  outcome: DialOutcome
  /** Escaped. */
  text: string
}

/** Reads what the network threw. */
export function dialFailure(error: unknown): DialFailure {
  const text = printable(error instanceof Error ? error.message : String(error))
  if (!isShareError(error)) return { outcome: 'failed', text }
  const failure = FAILURES.find((each) => each === error.detail['failure'])
  return { outcome: BY_CODE[error.code] ?? failure ?? 'failed', text }
}
