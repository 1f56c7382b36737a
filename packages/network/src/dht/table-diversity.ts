import { createHash } from 'node:crypto'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { TABLE } from '../limits/index.ts'
import { publicNets } from '../node/address-net.ts'
import type { Kad, KadBucket } from './kad-internals.ts'

/**
 * Lets at most {@link TABLE.perNetInBucket} servers of one block of the internet (IPv4 /24, IPv6 /56) into a bucket of
 * the routing table, and {@link TABLE.perNet} into the whole of it, so that many peers of one owner cannot surround
 * us (reliability.md D5). LANs and this machine are free of that: there everybody is in one block.
 *
 * A peer counts in the block that it is connected from, which is no claim of its own, or else in all that it claims.
 */
export function keepTableDiverse(kad: Kad, node: Pick<Libp2p, 'peerStore' | 'getConnections'>): void {
  const nets = new Map<string, ReadonlySet<string>>()
  const { kb } = kad.routingTable
  const verify = kb.verify
  kb.verify = async (contact, options) => {
    // Before it is dialled, by what it claims, and afterwards by where it is.
    if (!hasRoom(kb.root, contact.peerId, await netsOf(node, contact.peerId), nets)) return false
    if (!(await verify(contact, options))) return false
    const own = await netsOf(node, contact.peerId)
    if (!hasRoom(kb.root, contact.peerId, own, nets)) return false
    nets.set(contact.peerId.toString(), own)
    return true
  }
  kad.routingTable.addEventListener('peer:remove', (event) => {
    nets.delete((event as CustomEvent<PeerId>).detail.toString())
  })
}

async function netsOf(
  node: Pick<Libp2p, 'peerStore' | 'getConnections'>,
  peer: PeerId
): Promise<ReadonlySet<string>> {
  const connected = node.getConnections(peer).map(({ remoteAddr }) => remoteAddr)
  if (connected.length > 0) return publicNets(connected)
  // NotFoundError: nothing is known, so nothing is counted.
  const info = await node.peerStore.getInfo(peer).catch(() => undefined)
  return publicNets(info?.multiaddrs ?? [])
}

function hasRoom(
  root: KadBucket,
  peer: PeerId,
  own: ReadonlySet<string>,
  nets: ReadonlyMap<string, ReadonlySet<string>>
): boolean {
  if (own.size === 0) return true
  const bucket = new Set(bucketOf(root, peer).map(String))
  const all = peersOf(root).map(String)
  return [...own].every((net) => {
    const same = all.filter((other) => nets.get(other)?.has(net) === true)
    return (
      same.length < TABLE.perNet && same.filter((other) => bucket.has(other)).length < TABLE.perNetInBucket
    )
  })
}

/** The peers of the bucket that a peer belongs to. */
function bucketOf(root: KadBucket, peer: PeerId): PeerId[] {
  const position = createHash('sha256').update(peer.toMultihash().bytes).digest()
  let bucket = root
  for (let bit = 0; bucket.peers === undefined; bit++) {
    const isLeft = ((position[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0
    const below = isLeft ? bucket.left : bucket.right
    if (below === undefined) return []
    bucket = below
  }
  return bucket.peers.map(({ peerId }) => peerId)
}

function peersOf(bucket: KadBucket | undefined): PeerId[] {
  if (bucket === undefined) return []
  if (bucket.peers !== undefined) return bucket.peers.map(({ peerId }) => peerId)
  return [...peersOf(bucket.left), ...peersOf(bucket.right)]
}
