import { LaneAnnouncer } from './announce/lane-announcer.ts'
import { OwnKeys } from './announce/own-keys.ts'
import { RecordSpreader } from './announce/record-spreader.ts'
import { DhtLane, type LaneProfile } from './dht/dht-lane.ts'
import { boundResponses } from './dht/kad-client.ts'
import { kadInternals } from './dht/kad-internals.ts'
import { digestOf } from './dht/kad-key.ts'
import { serveRequests } from './dht/kad-server.ts'
import { ProviderRecords } from './dht/provider-records.ts'
import { TableRefresh } from './dht/table-refresh.ts'
import { DhtDirectory } from './directory/dht-directory.ts'
import type { LaneSearchInit } from './directory/lane-search.ts'
import { Turnstile } from './directory/turnstile.ts'
import { loadOrCreateKey } from './identity/key-file.ts'
import { FIND } from './limits/index.ts'
import { createSwarmLinks } from './link/swarm-links.ts'
import type { Network, NetworkOptions } from './network-options.ts'
import { type NetworkProfile, networkProfile } from './network-profile.ts'
import { bootstrapIn, parseAddresses } from './node/bootstrap-list.ts'
import { conditionOf } from './node/condition.ts'
import { Joiner } from './node/joiner.ts'
import { createNode, type Node } from './node/libp2p-node.ts'
import { Libp2pNetwork, type NodePart } from './node/libp2p-network.ts'
import { OwnRecords } from './node/peer-record.ts'
import { prefixedValues } from './store/prefixed-values.ts'
import { ValueDatastore } from './store/value-datastore.ts'
import { WriteBehindValues } from './store/write-behind-values.ts'
import type { PeerId } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'

/** One DHT with all that belongs to it. */
interface LaneParts {
  lane: DhtLane
  records: ProviderRecords
  search: LaneSearchInit
  announcer: LaneAnnouncer
  parts: NodePart[]
}

/** What all DHTs of a node share. */
interface LaneContext {
  ownKeys: OwnKeys
  /** For what may be lost at a kill. */
  behind: WriteBehindValues
}

/**
 * Puts a node together: identity, libp2p, its DHTs, swarm links. Nothing is opened or dialled
 * before `network.start()`.
 *
 * @throws ShareError `network.bad-key-file`, `network.bad-address`, `network.tls-in-private-network`
 */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const { log, clock } = options
  const profile = networkProfile(options.network)
  const bootstrap = checkedBootstrap(options, profile)
  const privateKey = 'keyFile' in options ? await loadOrCreateKey(options.keyFile, log) : options.privateKey
  const admission = { admits: (_peer: string): boolean => true }
  const shared = { ownKeys: new OwnKeys(clock), behind: new WriteBehindValues(options.values, clock) }
  // The node comes before what acts on its discoveries.
  const discovered = { take: (_peer: PeerId): void => undefined }
  const node = await createNode({
    privateKey,
    datastore: new ValueDatastore(shared.behind, 'libp2p'),
    profile,
    listen: options.listen,
    bootstrap,
    publicAddresses: options.publicAddresses ?? [],
    encryption: options.encryption ?? 'noise',
    mdns: options.mdns,
    agentVersion: options.agentVersion,
    admits: (peer) => admission.admits(peer),
    onDiscovered: (peer) => discovered.take(peer)
  })
  const { libp2p } = node
  const lanes = profile.lanes.map((lane, i) =>
    createLane(options, node, lane, node.dhts[i] as KadDHT, shared)
  )
  const announcers = lanes.map((each) => each.announcer)
  const joiner = new Joiner({ node: libp2p, lanes: lanes.map((each) => each.lane), bootstrap, clock, log })
  discovered.take = (peer) => joiner.discovered(peer)
  const links = createSwarmLinks({
    libp2p,
    agent: options.agentVersion,
    log,
    clock,
    onTransfer: () => announcers.forEach((each) => each.makeWay()),
    ...(options.linkLimits === undefined ? {} : { limits: options.linkLimits })
  })
  return {
    network: new Libp2pNetwork({
      libp2p,
      links,
      parts: [shared.behind, ...lanes.flatMap((each) => each.parts), joiner],
      listen: options.listen,
      records: new OwnRecords(privateKey, () => libp2p.getMultiaddrs(), clock),
      admission,
      condition: () => conditionOf({ libp2p, lanes, bootstrap, parts: [] }),
      log
    }),
    directory: new DhtDirectory({
      self: libp2p.peerId.toString(),
      searches: lanes.map((each) => each.search),
      announcers,
      ownKeys: shared.ownKeys
    })
  }
}

/** Looks at all addresses of the options, and answers the bootstrap peers that this network may have. */
function checkedBootstrap(options: NetworkOptions, profile: NetworkProfile): string[] {
  parseAddresses(options.listen, 'listen')
  parseAddresses(options.publicAddresses ?? [], 'publicAddresses')
  const wanted = options.bootstrap.length > 0 ? options.bootstrap : profile.bootstrap
  return bootstrapIn(wanted, profile.scope, options.log)
}

function createLane(
  options: NetworkOptions,
  node: Node,
  profile: LaneProfile,
  dht: KadDHT,
  { ownKeys, behind }: LaneContext
): LaneParts {
  const { values, clock, rng } = options
  const { libp2p } = node
  const log = options.log.child(profile.source)
  const kad = kadInternals(dht)
  const records = new ProviderRecords({
    values: prefixedValues(values, `records${profile.protocol}/`),
    clock,
    rng
  })
  boundResponses(kad, profile.scope)
  serveRequests(kad, {
    node: libp2p,
    scope: profile.scope,
    records,
    provides: (multihash) => {
      const digest = digestOf(multihash)
      return digest !== undefined && ownKeys.has(digest)
    }
  })
  const lane = new DhtLane(profile, libp2p.peerId, kad)
  const spreader = new RecordSpreader(
    lane,
    { node: libp2p, protocol: profile.protocol, scope: profile.scope },
    log
  )
  const announcer = new LaneAnnouncer({
    lane,
    spreader,
    values: prefixedValues(behind, 'announce/'),
    clock,
    log
  })
  return {
    lane,
    records,
    announcer,
    search: {
      lane,
      records,
      turnstile: new Turnstile(FIND.concurrency),
      knownAddresses: async (peer) => {
        // NotFoundError: nothing is known, which is an answer.
        const info = await libp2p.peerStore.getInfo(peer).catch(() => undefined)
        return info?.multiaddrs.map(String) ?? []
      }
    },
    parts: [records, new TableRefresh(lane, clock, log), announcer]
  }
}
