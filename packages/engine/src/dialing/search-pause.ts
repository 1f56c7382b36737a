import { type Millis, millis, MINUTE, SECOND } from '@p2pshare/base'

/** How well a share that is being fetched is provided for. */
export interface Provision {
  /** Connected peers that have something which we lack, or have not said yet. */
  readonly useful: number
  /** Whether every missing piece is with somebody connected. */
  readonly covered: boolean
}

/** From this many useful peers on, a swarm that has every piece is no longer thin. */
export const ENOUGH_PEERS = 4

/** First pause and longest one between two searches at one source; the pause doubles in between. */
const PAUSES = {
  /** Nobody is of use. */
  alone: [2 * SECOND, MINUTE],
  /** Somebody is, but too few, or not all pieces are in sight. */
  thin: [10 * SECOND, 2 * MINUTE],
  /** Others are still worth knowing. */
  enough: [2 * MINUTE, 15 * MINUTE]
} as const

/** How a share is provided for, in a word. */
export type ProvisionKind = keyof typeof PAUSES

/** Whether more peers are needed, and how badly. */
export function provisionKind({ useful, covered }: Provision): ProvisionKind {
  if (useful === 0) return 'alone'
  return covered && useful >= ENOUGH_PEERS ? 'enough' : 'thin'
}

/**
 * How long a source rests before it is asked again.
 * @param searches - searches that this source has ended since the provision last was of another kind, ≥ 1
 */
export function searchPause(kind: ProvisionKind, searches: number): Millis {
  const [first, longest] = PAUSES[kind]
  return millis(Math.min(longest, first * 2 ** Math.min(20, Math.max(0, searches - 1))))
}
