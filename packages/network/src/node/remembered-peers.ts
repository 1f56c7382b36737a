import type { Peer } from '@libp2p/interface'
import type { Rng } from '@p2pshare/base'
import { JOIN } from '../limits/index.ts'
import { publicNets } from './address-net.ts'

/** Tag that kad-dht gives to peers of its routing table. */
const IN_TABLE = 'kad-peer'

/**
 * Whom of the peers of an earlier run to dial: by chance, those of the routing table first, at most
 * {@link JOIN.rememberedPerNet} of one block of the internet, so that no crowd of one owner is all that a restarted
 * node knows (reliability.md D5). Pure.
 */
export function chooseRemembered(peers: readonly Peer[], rng: Rng): Peer[] {
  const left = [...peers]
  const mixed: Peer[] = []
  while (left.length > 0) mixed.push(...left.splice(rng.below(left.length), 1))
  mixed.sort((a, b) => Number(b.tags.has(IN_TABLE)) - Number(a.tags.has(IN_TABLE)))
  const nets = new Map<string, number>()
  const out: Peer[] = []
  for (const peer of mixed) {
    const own = publicNets(peer.addresses.map(({ multiaddr }) => multiaddr))
    if ([...own].some((net) => (nets.get(net) ?? 0) >= JOIN.rememberedPerNet)) continue
    for (const net of own) nets.set(net, (nets.get(net) ?? 0) + 1)
    out.push(peer)
    if (out.length >= JOIN.remembered) break
  }
  return out
}
