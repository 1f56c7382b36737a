import type { AbortOptions, Connection, PeerId, PeerInfo, Stream } from '@libp2p/interface'
import type { DisjointPath, KadDHT, QueryEvent } from '@libp2p/kad-dht'
import { invariant } from '@p2pshare/base'

/** What kad-dht hands to, and expects from, the exchange of one request. */
export interface KadExchange {
  type: string
  key?: Uint8Array
  closer: { id: Uint8Array; multiaddrs: Uint8Array[] }[]
  providers: { id: Uint8Array; multiaddrs: Uint8Array[] }[]
}

/** A node of the routing table's tree: a leaf has peers, the others two branches. */
export interface KadBucket {
  peers?: { peerId: PeerId }[]
  left?: KadBucket
  right?: KadBucket
}

/**
 * The parts of kad-dht 16.4.5 that we use or replace although its exported type hides them. The
 * version is pinned; {@link kadInternals} checks that they are there.
 */
export interface KadInternals {
  routingTable: EventTarget & {
    readonly size: number
    closestPeers(kadId: Uint8Array, options?: { count?: number }): PeerId[]
    readonly kb: {
      root: KadBucket
      /** Asks a peer whether it is a DHT server before it enters the table. */
      verify(contact: { peerId: PeerId }, options?: AbortOptions): Promise<boolean>
    }
    /** Takes a peer that has answered into the table, if there is room. */
    queueRoutingTableUpdate(peer: PeerId): void
    remove(peer: PeerId): Promise<void>
  }
  routingTableRefresh: { refreshTable(force?: boolean): void }
  network: EventTarget & {
    _writeReadMessage(
      stream: Stream,
      message: Partial<KadExchange>,
      options: AbortOptions
    ): Promise<KadExchange>
    /** Dials a peer, asks it, and yields how that goes; it never throws. */
    sendRequest(
      to: PeerId,
      message: { type: string; key: Uint8Array },
      options: AbortOptions & { path: DisjointPath }
    ): AsyncGenerator<QueryEvent>
  }
  rpc: { onIncomingStream(stream: Stream, connection: Connection): Promise<void> }
  onPeerConnect(peer: PeerInfo): Promise<void>
  getMode(): 'client' | 'server'
}

/** A DHT service together with its hidden parts. */
export type Kad = KadDHT & KadInternals

/** Shows the hidden parts of a DHT service; an update of kad-dht that moved them fails here, at start. */
export function kadInternals(dht: KadDHT): Kad {
  const kad = dht as Kad
  invariant(typeof kad.rpc?.onIncomingStream === 'function', 'kad-dht has rpc.onIncomingStream')
  invariant(typeof kad.network?._writeReadMessage === 'function', 'kad-dht has network._writeReadMessage')
  invariant(typeof kad.network.sendRequest === 'function', 'kad-dht has network.sendRequest')
  invariant(typeof kad.routingTable?.queueRoutingTableUpdate === 'function', 'kad-dht takes contacts')
  invariant(typeof kad.routingTable?.closestPeers === 'function', 'kad-dht has routingTable')
  invariant(typeof kad.routingTable.kb?.verify === 'function', 'kad-dht has routingTable.kb.verify')
  invariant(typeof kad.routingTableRefresh?.refreshTable === 'function', 'kad-dht has routingTableRefresh')
  return kad
}
