import type { KadDHT } from '@libp2p/kad-dht'
import type { NetworkCondition } from '@p2pshare/ports'
import type { LaneAnnouncer } from './announce/lane-announcer.ts'
import type { OwnKeys } from './announce/own-keys.ts'
import type { ConnectionCare } from './connections/connection-care.ts'
import type { RelayPlaces } from './connections/connection-keeper.ts'
import { createLane, type LaneParts } from './create-lane.ts'
import { DhtDirectory, type DhtDirectoryInit } from './directory/dht-directory.ts'
import { acceptsHint } from './link/hint-gate.ts'
import type { SwarmLinks, SwarmLinksInit } from './link/swarm-host.ts'
import { createSwarmLinks } from './link/swarm-links.ts'
import type { Network, NetworkOptions } from './network-options.ts'
import type { NetworkProfile } from './network-profile.ts'
import { conditionOf } from './node/condition.ts'
import { Joiner } from './node/joiner.ts'
import type { Node } from './node/libp2p-node.ts'
import { Libp2pNetwork, type NodePart } from './node/libp2p-network.ts'
import { memberBeacon } from './node/member-beacon.ts'
import { OwnRecords } from './node/peer-record.ts'
import { RecentPeers } from './node/recent-peers.ts'
import { openNode } from './open-node.ts'
import { createReach } from './reach/create-reach.ts'
import { createRelay } from './relay/create-relay.ts'
import { CallStreams } from './remote/call-streams.ts'

/**
 * Puts a node together: identity, libp2p, its DHTs, swarm links. Nothing is opened or dialled
 * before `network.start()`.
 *
 * @throws ShareError `network.bad-key-file`, `network.bad-address`, `network.tls-in-private-network`,
 * `network.bad-bind`, `network.bind-missing`, `network.bind-conflict`, `network.cannot-listen`
 */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const { log, clock, rng } = options
  const opened = await openNode(options)
  const { profile, bootstrap, privateKey, admission, shared, discovered, care, outside, node } = opened
  const { place, through } = opened
  const { libp2p } = node
  const lanes = profile.lanes.map((lane, i) =>
    createLane(options, node, lane, node.dhts[i] as KadDHT, shared)
  )
  const announcers = lanes.map((each) => each.announcer)
  const joiner = new Joiner({ node: libp2p, lanes, bootstrap, clock, rng, log })
  libp2p.addEventListener('self:peer:update', () => announcers.forEach((each) => each.moved()))
  const onLan = new RecentPeers(clock)
  discovered.take = (peer) => joiner.discovered(onLan.add(peer))
  const beacons = await beaconsOf(options, profile, libp2p, joiner)
  const reach = createReach({ libp2p, profile, options })
  Object.assign(outside, reach.hooks)
  const onTransfer = (): void => announcers.forEach((each) => each.makeWay())
  const links = linksOf(options, { libp2p, onTransfer, ...through.links })
  const relaying = createRelay(options, libp2p, privateKey)
  const calls = new CallStreams(libp2p, log)
  const others: NodePart[] = [...through.parts, joiner, ...beacons, relaying, calls, care, ...reach.parts]
  const parts = [shared.behind, ...lanes.flatMap((each) => each.parts), ...others]
  takeCare(care, node, { links, lanes, relaying, parts })
  return {
    network: new Libp2pNetwork({
      libp2p,
      links,
      parts,
      listen: options.listen,
      records: new OwnRecords(privateKey, () => libp2p.getMultiaddrs(), clock),
      discovered: options.mdns && care.bound === undefined ? () => onLan.names : undefined,
      acceptsHint: (text) => acceptsHint(text, place),
      ...{ admission, log, relaying },
      worth: calls.before(care.worth),
      onSelf: reach.hooks.onSelf,
      condition: () =>
        conditionOf({
          libp2p,
          lanes,
          bootstrap,
          joiner,
          parts: [
            relaying.condition,
            reach.condition,
            ...through.conditions,
            () => care.condition(),
            () => announcingCondition(announcers)
          ]
        })
    }),
    directory: directoryOf(libp2p, lanes, shared.ownKeys, reach.hooks.onSelf),
    calls
  }
}

/** The swarm links of a node. */
function linksOf(
  { agentVersion: agent, log, clock, linkLimits }: NetworkOptions,
  init: Pick<SwarmLinksInit, 'libp2p' | 'onTransfer' | 'direct'>
): SwarmLinks {
  return createSwarmLinks({ ...init, agent, log, clock, ...(linkLimits ? { limits: linkLimits } : {}) })
}

/** Finding and announcing in all DHTs. */
function directoryOf(
  { peerId }: Node['libp2p'],
  lanes: readonly LaneParts[],
  ownKeys: OwnKeys,
  onSelf: DhtDirectoryInit['onSelf']
): DhtDirectory {
  return new DhtDirectory({
    self: peerId.toString(),
    onSelf,
    searches: lanes.map((each) => each.search),
    announcers: lanes.map((each) => each.announcer),
    ownKeys
  })
}

/** What `p2pshare doctor` shows of announcing: records that are about to end. */
function announcingCondition(announcers: readonly LaneAnnouncer[]): Pick<NetworkCondition, 'troubles'> {
  return { troubles: announcers.flatMap((each) => each.summary().warning ?? []) }
}

/** How members of a private network find each other on a LAN. */
async function beaconsOf(
  { mdns, bind }: NetworkOptions,
  { memberKey, mdnsTag: tag }: NetworkProfile,
  libp2p: Node['libp2p'],
  joiner: Joiner
): Promise<NodePart[]> {
  // With `bind` there is none: it listens on every interface and cannot be told not to.
  if (!mdns || memberKey === undefined || bind !== undefined) return []
  return [await memberBeacon({ libp2p, tag, onDiscovered: (near) => joiner.discovered(near) })]
}

/** Lets the node's connections be looked after. */
function takeCare(
  care: ConnectionCare,
  { libp2p, pending }: Node,
  {
    links,
    lanes,
    relaying,
    parts
  }: { links: SwarmLinks; lanes: readonly LaneParts[]; relaying: RelayPlaces; parts: readonly NodePart[] }
): void {
  const onMoved = (): void => {
    for (const part of parts) part.moved?.()
  }
  care.attach({ libp2p, links, lanes: lanes.map(({ lane }) => lane), relay: relaying, pending, onMoved })
}
