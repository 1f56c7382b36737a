import type {
  AbortOptions,
  ComponentLogger,
  Connection,
  ConnectionGater,
  PeerId,
  StreamHandler,
  StreamHandlerOptions,
  Upgrader
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Insides of a libp2p node that transports of ours get, as far as they use them (@libp2p/interface-internal). */
export interface NodeComponents {
  peerId: PeerId
  logger: ComponentLogger
  upgrader: Upgrader
  connectionGater: ConnectionGater
  registrar: {
    handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
    unhandle(protocol: string): Promise<void>
  }
  connectionManager: {
    getConnections(peer?: PeerId): Connection[]
    openConnection(address: Multiaddr, options?: AbortOptions): Promise<Connection>
  }
  addressManager: {
    confirmObservedAddr(address: Multiaddr, options: { type: 'transport' }): void
    removeObservedAddr(address: Multiaddr): void
  }
}
