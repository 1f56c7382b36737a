import { networkInterfaces } from 'node:os'
import type { Connection, Libp2p } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { AddressCondition, NatKind } from '@p2pshare/ports'
import { isRelayed } from '../node/address-scope.ts'
import { natKind, ObservedAddresses, outerAddresses } from './observed-addresses.ts'

/** Listens to what peers say of where we come from. */
export class Observing {
  readonly #observed = new ObservedAddresses()
  /** Connections whose observers count, by peer. */
  readonly #counted = new Map<string, Connection>()

  /** @param isShared - whether a connection left from the port under which we can be met */
  constructor(libp2p: Pick<Libp2p, 'addEventListener'>, isShared: (connection: Connection) => boolean) {
    libp2p.addEventListener('peer:identify', ({ detail: { connection, observedAddr } }) => {
      if (observedAddr === undefined || isRelayed(connection.remoteAddr) || !isShared(connection)) return
      const peer = connection.remotePeer.toString()
      this.#counted.set(peer, connection)
      this.#observed.note(peer, connection.remoteAddr, observedAddr)
    })
    libp2p.addEventListener('connection:close', ({ detail }) => {
      const peer = detail.remotePeer.toString()
      if (this.#counted.get(peer) !== detail) return
      this.#counted.delete(peer)
      this.#observed.forget(peer)
    })
  }

  get nat(): NatKind {
    return natKind(this.#observed.all, isOwnHost)
  }

  /** Where others may meet us, those that most of them saw first. */
  addresses(): Multiaddr[] {
    return outerAddresses(this.#observed.all).map((text) => multiaddr(text))
  }

  /** The same, for display: nobody dials them but by appointment. */
  condition(): AddressCondition[] {
    return this.addresses().map((address) => ({
      address: address.toString(),
      origin: 'observed',
      verified: 'unasked'
    }))
  }
}

function isOwnHost(host: string): boolean {
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some(({ address }) => address === host)
  )
}
