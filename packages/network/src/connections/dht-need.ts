import { millis, SECOND, type Clock, type Millis } from '@p2pshare/base'
import type { PeerName } from '@p2pshare/ports'
import type { DhtLane } from '../dht/dht-lane.ts'
import { kadPositionOfPeer } from '../dht/kad-key.ts'
import type { DhtNeed } from './keep-policy.ts'

/** So many of a table's servers are the ones closest to us. */
const NEAR = 20
/** The tables change slowly; asking for all connections in a row sorts them once. */
const FRESH = millis(2 * SECOND)

/** Says how the DHTs of this node need a peer; looked up at most every {@link FRESH}. */
export function dhtNeed(
  lanes: readonly Pick<DhtLane, 'tableOf' | 'self'>[],
  clock: Pick<Clock, 'now'>
): (peer: PeerName) => DhtNeed {
  let needs = new Map<PeerName, DhtNeed>()
  let at: Millis | undefined
  return (peer) => {
    const now = clock.now()
    if (at === undefined || now - at > FRESH) {
      at = now
      needs = needsOf(lanes)
    }
    return needs.get(peer) ?? 'none'
  }
}

function needsOf(lanes: readonly Pick<DhtLane, 'tableOf' | 'self'>[]): Map<PeerName, DhtNeed> {
  const needs = new Map<PeerName, DhtNeed>()
  for (const lane of lanes) {
    for (const [i, peer] of lane.tableOf(kadPositionOfPeer(lane.self)).entries()) {
      if (i < NEAR) needs.set(peer.toString(), 'near')
      else if (!needs.has(peer.toString())) needs.set(peer.toString(), 'table')
    }
  }
  return needs
}
