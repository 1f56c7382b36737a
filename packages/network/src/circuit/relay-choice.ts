import type { NatKind, PeerName, Reach } from '@p2pshare/ports'
import { CIRCUIT } from '../limits/index.ts'

/** What decides whether relays are wanted. */
export interface Position {
  reach: Reach
  nat: NatKind
  /** How long a peer of the internet has been connected without anybody reaching us, ms; undefined while none is. */
  unreachedFor: number | undefined
}

/**
 * At how many relays we should have a place: none where others reach us directly, or where no router stands between
 * us and the internet as far as anybody has said.
 */
export function relaysWanted({ reach, nat, unreachedFor }: Position): number {
  if (reach === 'direct' || unreachedFor === undefined) return 0
  if (reach === 'none') return CIRCUIT.relays
  return nat !== 'none' && unreachedFor >= CIRCUIT.patience ? CIRCUIT.relays : 0
}

/** A connected peer that relays for others. */
export interface RelayCandidate {
  peer: PeerName
  /** Speaks the swarm protocol: those who look for us may be connected to it already. */
  member: boolean
  /** Monotonic time of the connection, ms: who stayed longest stays longer. */
  since: number
}

/** Whom to ask next for `count` places, best first. */
export function relaysToAsk(
  candidates: readonly RelayCandidate[],
  count: number,
  isOut: (peer: PeerName) => boolean
): PeerName[] {
  return candidates
    .filter(({ peer }) => !isOut(peer))
    .toSorted((a, b) => Number(b.member) - Number(a.member) || a.since - b.since)
    .slice(0, Math.max(0, count))
    .map(({ peer }) => peer)
}

/** When a place that lasts so long (ms) is asked for again: well before its end, however short it is. */
export function renewAfter(lasts: number): number {
  return lasts - Math.min(lasts / 2, 5 * 60_000)
}
