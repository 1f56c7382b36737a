import type { KadDHT } from '@libp2p/kad-dht'
import { LaneAnnouncer } from './announce/lane-announcer.ts'
import type { OwnKeys } from './announce/own-keys.ts'
import { ownAddresses, sendRecords } from './announce/record-sender.ts'
import { DhtLane, type LaneProfile } from './dht/dht-lane.ts'
import { hardenKad } from './dht/harden-kad.ts'
import { kadInternals } from './dht/kad-internals.ts'
import { digestOf } from './dht/kad-key.ts'
import { serveRequests } from './dht/kad-server.ts'
import { ProviderRecords } from './dht/provider-records.ts'
import type { RecordQuota } from './dht/records/record-quota.ts'
import { TableRefresh } from './dht/table-refresh.ts'
import type { LaneSearchInit } from './directory/lane-search.ts'
import { Turnstile } from './directory/turnstile.ts'
import { FIND } from './limits/index.ts'
import type { NetworkOptions } from './network-options.ts'
import type { Node } from './node/libp2p-node.ts'
import type { NodePart } from './node/libp2p-network.ts'
import { prefixedValues } from './store/prefixed-values.ts'
import type { WriteBehindValues } from './store/write-behind-values.ts'

/** One DHT with all that belongs to it. */
export interface LaneParts {
  lane: DhtLane
  records: ProviderRecords
  refresh: TableRefresh
  search: LaneSearchInit
  announcer: LaneAnnouncer
  parts: NodePart[]
}

/** What all DHTs of a node share. */
export interface LaneContext {
  ownKeys: OwnKeys
  quota: RecordQuota
  /** For what may be lost at a kill. */
  behind: WriteBehindValues
}

/** Puts one DHT of a node together: searching it, announcing in it, serving it. */
export function createLane(
  options: NetworkOptions,
  node: Node,
  profile: LaneProfile,
  dht: KadDHT,
  { ownKeys, behind, quota }: LaneContext
): LaneParts {
  const { values, clock, rng } = options
  const { libp2p } = node
  const log = options.log.child(profile.source)
  const kad = kadInternals(dht)
  const records = new ProviderRecords({
    values: prefixedValues(values, `records${profile.protocol}/`),
    clock,
    rng,
    log,
    quota
  })
  hardenKad(kad, profile, libp2p)
  serveRequests(kad, {
    node: libp2p,
    scope: profile.scope,
    records,
    provides: (multihash) => {
      const digest = digestOf(multihash)
      return digest !== undefined && ownKeys.has(digest)
    }
  })
  const lane = new DhtLane(profile, libp2p.peerId, kad, clock)
  const sender = { node: libp2p, protocol: profile.protocol, scope: profile.scope }
  const announcer = new LaneAnnouncer({
    lane,
    send: (peer, keys, signal, between) => sendRecords(sender, peer, keys, signal, between),
    addresses: () => ownAddresses(sender),
    values: prefixedValues(behind, 'announce/'),
    clock,
    rng,
    log
  })
  const refresh = new TableRefresh(lane, clock, log)
  return {
    lane,
    records,
    refresh,
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
    parts: [records, refresh, announcer]
  }
}
