import type { Libp2p } from '@libp2p/interface'
import type { LaneProfile } from './dht-lane.ts'
import { boundResponses } from './kad-client.ts'
import type { Kad } from './kad-internals.ts'
import { keepTableDiverse } from './table-diversity.ts'
import { stopStockRefresh } from './table-refresh.ts'

/** Bounds what answers of others do to us, and who gets into our routing table. Before the node starts. */
export function hardenKad(
  kad: Kad,
  { scope }: Pick<LaneProfile, 'scope'>,
  node: Pick<Libp2p, 'peerStore' | 'getConnections'>
): void {
  boundResponses(kad, scope)
  stopStockRefresh(kad)
  // Members of a private network are known by its key, and those of a LAN share its addresses.
  if (scope === 'public') keepTableDiverse(kad, node)
}
