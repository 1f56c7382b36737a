import type { Libp2p } from '@libp2p/interface'
import type { AddressCondition, NetworkCondition } from '@p2pshare/ports'
import type { DhtLane } from '../dht/dht-lane.ts'
import type { ProviderRecords } from '../dht/provider-records.ts'
import { CONNECTIONS } from '../limits/index.ts'

/** What one part of the node knows of its condition; later parts win, but what is wrong is told of all. */
export type ConditionPart = () => Partial<NetworkCondition>

/** What {@link conditionOf} looks at. */
export interface ConditionSources {
  libp2p: Libp2p
  lanes: readonly { lane: DhtLane; records: ProviderRecords }[]
  /** Multiaddrs of bootstrap peers. */
  bootstrap: readonly string[]
  parts: readonly ConditionPart[]
}

/** Puts together what the parts of a node know of its place in the network. */
export function conditionOf(sources: ConditionSources): NetworkCondition {
  const found: NetworkCondition = {
    listening: sources.libp2p.getMultiaddrs().map((address) => address.decapsulateCode(P2P_CODE).toString()),
    reach: 'unknown',
    nat: 'unknown',
    addresses: addressesOf(sources.libp2p),
    portMapping: {
      protocol: 'none',
      state: 'off',
      internalPort: undefined,
      external: undefined,
      text: undefined
    },
    relays: [],
    relaying: { mode: 'off', places: 0, maxPlaces: 0, circuits: 0, carried: 0, left: undefined },
    dhts: sources.lanes.map(({ lane, records }) => ({
      source: lane.profile.source as NetworkCondition['dhts'][number]['source'],
      mode: lane.mode,
      servers: lane.size,
      estimatedSize: undefined,
      records: records.size
    })),
    connections: connectionsOf(sources.libp2p),
    bootstrap: bootstrapOf(sources),
    clockOffset: undefined,
    troubles: []
  }
  const parts = sources.parts.map((part) => part())
  const troubles = parts.flatMap((part) => part.troubles ?? [])
  return Object.assign(found, ...parts, { troubles }) as NetworkCondition
}

/** Multicodec of `/p2p/…`. */
const P2P_CODE = 421

function addressesOf(libp2p: Libp2p): AddressCondition[] {
  return libp2p.getMultiaddrs().map((address) => ({
    address: address.decapsulateCode(P2P_CODE).toString(),
    origin: 'listen',
    verified: 'unasked'
  }))
}

function connectionsOf(libp2p: Libp2p): NetworkCondition['connections'] {
  const all = libp2p.getConnections()
  return {
    total: all.length,
    inbound: all.filter(({ direction }) => direction === 'inbound').length,
    relayed: all.filter(({ limits }) => limits !== undefined).length,
    pending: 0,
    max: CONNECTIONS.max
  }
}

function bootstrapOf({ libp2p, bootstrap }: ConditionSources): NetworkCondition['bootstrap'] {
  const connected = new Set(libp2p.getPeers().map(String))
  const there = bootstrap.filter((text) => connected.has(text.split('/p2p/').at(-1) ?? ''))
  return { given: bootstrap.length, connected: there.length, text: undefined }
}
