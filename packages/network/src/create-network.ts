import type { LaneAnnouncer } from './announce/lane-announcer.ts'
import { OwnKeys } from './announce/own-keys.ts'
import { createLane, type LaneParts } from './create-lane.ts'
import type { RelayPlaces } from './connections/connection-keeper.ts'
import { ConnectionCare } from './connections/connection-care.ts'
import { NameResolver } from './dialing/name-resolver.ts'
import { OwnSubnets } from './dialing/own-subnets.ts'
import { dialSideBySide } from './dialing/peer-dialer.ts'
import { RecordQuota } from './dht/records/record-quota.ts'
import { DhtDirectory, type DhtDirectoryInit } from './directory/dht-directory.ts'
import { loadOrCreateKey } from './identity/key-file.ts'
import { acceptsHint, type HintPlace } from './link/hint-gate.ts'
import type { SwarmLinks, SwarmLinksInit } from './link/swarm-host.ts'
import { createSwarmLinks } from './link/swarm-links.ts'
import { RECORDS } from './limits/index.ts'
import type { Network, NetworkOptions } from './network-options.ts'
import {
  type NetworkChoice,
  networkFingerprint,
  type NetworkProfile,
  networkProfile
} from './network-profile.ts'
import { bootstrapIn, parseAddresses } from './node/bootstrap-list.ts'
import { conditionOf } from './node/condition.ts'
import { Joiner } from './node/joiner.ts'
import { createNode, type Node, type NodeInit } from './node/libp2p-node.ts'
import { Libp2pNetwork, type NodePart } from './node/libp2p-network.ts'
import { memberBeacon } from './node/member-beacon.ts'
import { RecentPeers } from './node/recent-peers.ts'
import { OwnRecords } from './node/peer-record.ts'
import { NO_TRAVERSAL, Traversal } from './node/traversal.ts'
import { createRelay } from './relay/create-relay.ts'
import { createReach, noReachYet } from './reach/create-reach.ts'
import { ValueDatastore } from './store/value-datastore.ts'
import { WriteBehindValues } from './store/write-behind-values.ts'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { NetworkCondition } from '@p2pshare/ports'
import type { KadDHT } from '@libp2p/kad-dht'

/**
 * Puts a node together: identity, libp2p, its DHTs, swarm links. Nothing is opened or dialled
 * before `network.start()`.
 *
 * @throws ShareError `network.bad-key-file`, `network.bad-address`, `network.tls-in-private-network`,
 * `network.bad-bind`, `network.bind-missing`, `network.bind-conflict`, `network.cannot-listen`
 */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const { log, clock, rng } = options
  const profile = networkProfile(options.network)
  const bootstrap = checkedBootstrap(options, profile)
  const privateKey = 'keyFile' in options ? await loadOrCreateKey(options.keyFile, log) : options.privateKey
  const admission = { admits: (_peer: string): boolean => true }
  const behind = new WriteBehindValues(options.values, clock)
  const shared = { ownKeys: new OwnKeys(clock), quota: new RecordQuota(RECORDS.max), behind }
  // The node comes before what acts on its discoveries.
  const discovered = { take: (_peer: PeerId): void => undefined }
  const care = new ConnectionCare({ ...options, limits: options.connectionLimits })
  const outside = noReachYet()
  const traversal = profile.scope === 'lan' ? undefined : new Traversal({ ...options, tcp: care.transport })
  const node = await nodeOf(options, {
    privateKey,
    profile,
    care,
    bootstrap,
    store: shared.behind,
    admits: (peer) => admission.admits(peer),
    outside,
    traversal,
    onDiscovered: (peer) => discovered.take(peer)
  })
  const { libp2p } = node
  const place = prepareDialling(options, libp2p, profile, care)
  const through = traversal?.attach(libp2p) ?? NO_TRAVERSAL
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
  const others: NodePart[] = [...through.parts, joiner, ...beacons, relaying, care, ...reach.parts]
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
      worth: care.worth,
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
    directory: directoryOf(libp2p, lanes, shared.ownKeys, reach.hooks.onSelf)
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

/** What {@link nodeOf} needs besides the options. */
interface NodeContext
  extends Pick<
    NodeInit,
    'privateKey' | 'profile' | 'care' | 'bootstrap' | 'admits' | 'outside' | 'traversal' | 'onDiscovered'
  > {
  store: WriteBehindValues
}

/** The libp2p node that the options ask for. */
function nodeOf(options: NetworkOptions, { store, ...init }: NodeContext): Promise<Node> {
  return createNode({
    ...init,
    datastore: new ValueDatastore(store, storeOf(options.network)),
    publicAddresses: options.publicAddresses ?? [],
    encryption: options.encryption ?? 'noise',
    pnet: options.pnet ?? false,
    mdns: options.mdns,
    agentVersion: options.agentVersion
  })
}

/** Where the node's own store lies: peers of one private network are nobody's business in another one. */
function storeOf(choice: NetworkChoice): string {
  return choice.kind === 'private' ? `libp2p-${networkFingerprint(choice.key)}` : 'libp2p'
}

/** Makes the node dial as we want it to; answers what decides which addresses of strangers are worth a dial. */
function prepareDialling(
  options: NetworkOptions,
  libp2p: Libp2p,
  { scope }: NetworkProfile,
  care: ConnectionCare
): HintPlace {
  const { clock } = options
  const subnets = new OwnSubnets(() => clock.now())
  const near = (host: string): boolean => subnets.has(host)
  dialSideBySide(libp2p, { names: new NameResolver(options.names ?? care.names, clock), near, clock })
  return { scope, near, listening: () => libp2p.getMultiaddrs() }
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

/** Looks at all addresses of the options, and answers the bootstrap peers that this network may have. */
function checkedBootstrap(options: NetworkOptions, profile: NetworkProfile): string[] {
  parseAddresses(options.listen, 'listen')
  parseAddresses(options.publicAddresses ?? [], 'publicAddresses')
  const wanted = options.bootstrap.length > 0 ? options.bootstrap : profile.bootstrap
  return bootstrapIn(wanted, profile.scope, options.log)
}
