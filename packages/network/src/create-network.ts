import type { LaneAnnouncer } from './announce/lane-announcer.ts'
import { OwnKeys } from './announce/own-keys.ts'
import { createLane, type LaneParts } from './create-lane.ts'
import { NameResolver } from './dialing/name-resolver.ts'
import { systemNames } from './dialing/name-service.ts'
import { OwnSubnets } from './dialing/own-subnets.ts'
import { dialSideBySide } from './dialing/peer-dialer.ts'
import { RecordQuota } from './dht/records/record-quota.ts'
import { DhtDirectory } from './directory/dht-directory.ts'
import { loadOrCreateKey } from './identity/key-file.ts'
import { acceptsHint, type HintPlace } from './link/hint-gate.ts'
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
import { createRelay } from './relay/create-relay.ts'
import { ValueDatastore } from './store/value-datastore.ts'
import { WriteBehindValues } from './store/write-behind-values.ts'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { NetworkCondition } from '@p2pshare/ports'
import type { KadDHT } from '@libp2p/kad-dht'

/**
 * Puts a node together: identity, libp2p, its DHTs, swarm links. Nothing is opened or dialled
 * before `network.start()`.
 *
 * @throws ShareError `network.bad-key-file`, `network.bad-address`, `network.tls-in-private-network`
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
  const node = await nodeOf(options, {
    privateKey,
    profile,
    bootstrap,
    store: shared.behind,
    admits: (peer) => admission.admits(peer),
    onDiscovered: (peer) => discovered.take(peer)
  })
  const { libp2p } = node
  const place = prepareDialling(options, libp2p, profile)
  const lanes = profile.lanes.map((lane, i) =>
    createLane(options, node, lane, node.dhts[i] as KadDHT, shared)
  )
  const announcers = lanes.map((each) => each.announcer)
  const joiner = new Joiner({ node: libp2p, lanes, bootstrap, clock, rng, log })
  const onLan = new RecentPeers(clock)
  discovered.take = (peer) => joiner.discovered(onLan.add(peer))
  const beacons = await beaconsOf(options, profile, libp2p, joiner)
  const links = createSwarmLinks({
    libp2p,
    agent: options.agentVersion,
    log,
    clock,
    onTransfer: () => announcers.forEach((each) => each.makeWay()),
    ...(options.linkLimits === undefined ? {} : { limits: options.linkLimits })
  })
  const relaying = createRelay(options, libp2p, privateKey)
  return {
    network: new Libp2pNetwork({
      libp2p,
      links,
      parts: [shared.behind, ...lanes.flatMap((each) => each.parts), joiner, ...beacons, relaying],
      listen: options.listen,
      records: new OwnRecords(privateKey, () => libp2p.getMultiaddrs(), clock),
      admission,
      discovered: options.mdns ? () => onLan.names : undefined,
      acceptsHint: (text) => acceptsHint(text, place),
      condition: () =>
        conditionOf({
          libp2p,
          lanes,
          bootstrap,
          parts: [relaying.condition, () => announcingCondition(announcers)]
        }),
      relaying,
      log
    }),
    directory: directoryOf(libp2p, lanes, shared.ownKeys)
  }
}

/** Finding and announcing in all DHTs. */
function directoryOf(
  { peerId }: Node['libp2p'],
  lanes: readonly LaneParts[],
  ownKeys: OwnKeys
): DhtDirectory {
  return new DhtDirectory({
    self: peerId.toString(),
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
  { mdns }: NetworkOptions,
  { memberKey, mdnsTag: tag }: NetworkProfile,
  libp2p: Node['libp2p'],
  joiner: Joiner
): Promise<NodePart[]> {
  if (!mdns || memberKey === undefined) return []
  return [await memberBeacon({ libp2p, tag, onDiscovered: (near) => joiner.discovered(near) })]
}

/** What {@link nodeOf} needs besides the options. */
interface NodeContext
  extends Pick<NodeInit, 'privateKey' | 'profile' | 'bootstrap' | 'admits' | 'onDiscovered'> {
  store: WriteBehindValues
}

/** The libp2p node that the options ask for. */
function nodeOf(options: NetworkOptions, { store, ...init }: NodeContext): Promise<Node> {
  return createNode({
    ...init,
    datastore: new ValueDatastore(store, storeOf(options.network)),
    listen: options.listen,
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
function prepareDialling(options: NetworkOptions, libp2p: Libp2p, { scope }: NetworkProfile): HintPlace {
  const { clock } = options
  const subnets = new OwnSubnets(() => clock.now())
  const near = (host: string): boolean => subnets.has(host)
  dialSideBySide(libp2p, { names: new NameResolver(options.names ?? systemNames, clock), near, clock })
  return { scope, near, listening: () => libp2p.getMultiaddrs() }
}

/** Looks at all addresses of the options, and answers the bootstrap peers that this network may have. */
function checkedBootstrap(options: NetworkOptions, profile: NetworkProfile): string[] {
  parseAddresses(options.listen, 'listen')
  parseAddresses(options.publicAddresses ?? [], 'publicAddresses')
  const wanted = options.bootstrap.length > 0 ? options.bootstrap : profile.bootstrap
  return bootstrapIn(wanted, profile.scope, options.log)
}
