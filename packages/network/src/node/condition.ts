import type { Libp2p } from '@libp2p/interface'
import type { NetworkCondition } from '@p2pshare/ports'
import type { DhtLane } from '../dht/dht-lane.ts'
import type { ProviderRecords } from '../dht/provider-records.ts'
import { CONNECTIONS } from '../limits/index.ts'
import { withReach } from '../reach/reach.ts'
import { isRelayed } from './address-scope.ts'

/**
 * What one part of the node knows of its condition, besides what was found so far; later parts win, but what is wrong
 * is told of all.
 */
export type ConditionPart = (found: Readonly<NetworkCondition>) => Partial<NetworkCondition>

/** What {@link conditionOf} looks at. */
export interface ConditionSources {
  libp2p: Libp2p
  lanes: readonly { lane: DhtLane; records: ProviderRecords }[]
  /** Multiaddrs of bootstrap peers. */
  bootstrap: readonly string[]
  /** Why the last dial of one of them failed. */
  joiner: { readonly lastFailure: string | undefined }
  parts: readonly ConditionPart[]
}

/** Puts together what the parts of a node know of its place in the network. */
export function conditionOf(sources: ConditionSources): NetworkCondition {
  const found: NetworkCondition = {
    listening: [],
    reach: 'unknown',
    nat: 'unknown',
    addresses: [],
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
      estimatedSize: lane.estimatedSize,
      records: records.size
    })),
    connections: connectionsOf(sources.libp2p),
    bootstrap: bootstrapOf(sources),
    clockOffset: undefined,
    troubles: []
  }
  const troubles: string[] = []
  for (const part of sources.parts) {
    const told = part(found)
    troubles.push(...(told.troubles ?? []))
    Object.assign(found, told)
  }
  return withReach({ ...found, troubles })
}

function connectionsOf(libp2p: Libp2p): NetworkCondition['connections'] {
  const all = libp2p.getConnections()
  return {
    total: all.length,
    inbound: all.filter(({ direction }) => direction === 'inbound').length,
    relayed: all.filter(({ remoteAddr }) => isRelayed(remoteAddr)).length,
    pending: 0,
    max: CONNECTIONS.max
  }
}

function bootstrapOf({ libp2p, bootstrap, joiner }: ConditionSources): NetworkCondition['bootstrap'] {
  const connected = new Set(libp2p.getPeers().map(String))
  const there = bootstrap.filter((text) => connected.has(text.split('/p2p/').at(-1) ?? ''))
  return { given: bootstrap.length, connected: there.length, text: joiner.lastFailure }
}
