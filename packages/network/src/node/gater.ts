import type { Connection, ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { Clock, Millis } from '@p2pshare/base'
import { connectionEnded } from '../connections/connection-ended.ts'
import { socketBelow } from '../connections/connection-sight.ts'
import { type Waiting, WaitingRoom } from '../connections/waiting-room.ts'
import { CONNECTIONS } from '../limits/index.ts'
import { type AddressScope, hostBlock, hostOf, inScope, isLoopbackHost } from './address-scope.ts'

/** What the gater needs to know of the node. */
export interface GaterInit {
  /** Where we may dial and whom we accept. */
  scope: AddressScope
  /** Asked for each connection; false refuses (a ban). */
  admits: (peer: string) => boolean
  /** All established connections. */
  connections: () => readonly Connection[]
  clock: Pick<Clock, 'now'>
  /** Whether one more inbound connection finds a place, or is worth more than one we have; of a peer once it is known. */
  hasPlace?: (peer?: string) => boolean
  /** Whether we may use this address at all (`bind`). */
  mayDial?: (address: Parameters<NonNullable<ConnectionGater['denyDialMultiaddr']>>[0]) => boolean
  /** Whether processes of this machine are strangers, too; only tests say so. */
  countsLoopback?: () => boolean
}

/** The gater, and how many handshakes are under way. */
export interface Gater {
  gater: ConnectionGater
  pending: () => number
}

/**
 * Decides which connections may exist: nothing outside the network's scope, no banned peers, at most so many of one
 * address block (this machine exempt) and of one peer (reliability.md T3, T4), handshakes only while they get on.
 * What comes over a relay counts for its peer, not for the relay's address, which says nothing about the peer.
 */
export function createGater(init: GaterInit): Gater {
  const places = new Places(init)
  const refusesPeer = (peer: PeerId): boolean => !init.admits(peer.toString())
  return {
    pending: () => places.pending,
    gater: {
      denyDialPeer: refusesPeer,
      denyDialMultiaddr: (address) => !inScope(address, init.scope) || init.mayDial?.(address) === false,
      denyOutboundConnection: (_peer, connection) => places.refusesDialled(connection),
      denyInboundConnection: (connection) => places.refuses(connection),
      denyInboundEncryptedConnection: (peer, connection) =>
        refusesPeer(peer) || places.refusesProven(peer, connection),
      denyInboundUpgradedConnection: (peer, connection) => places.refusesUpgraded(peer, connection),
      denyOutboundEncryptedConnection: refusesPeer,
      denyInboundRelayedConnection: (_relay, peer) => refusesPeer(peer) || places.tooManyOf(peer)
    }
  }
}

interface Guest extends Waiting {
  connection: MultiaddrConnection
}

class Places {
  readonly #init: GaterInit
  readonly #room = new WaitingRoom<Guest>()
  readonly #guests = new WeakMap<MultiaddrConnection, Guest>()

  constructor(init: GaterInit) {
    this.#init = init
  }

  get pending(): number {
    return this.#room.size
  }

  /** A socket was accepted; nothing has been read. */
  refuses(connection: MultiaddrConnection): boolean {
    // What the other side of a LAN says its address is comes from the kernel, not from the peer.
    if (this.#init.scope === 'lan' && !inScope(connection.remoteAddr, 'lan')) return true
    const block = this.#blockOf(connection)
    if (this.#isFull(block, 'inbound') || this.#init.hasPlace?.() === false) return true
    const guest: Guest = {
      connection,
      block,
      since: this.#init.clock.now() as Millis,
      heard: () => socketBelow(connection)?.read ?? 0
    }
    const { admitted, drop } = this.#room.enter(guest)
    if (!admitted) return true
    this.#guests.set(connection, guest)
    connection.addEventListener('close', () => this.#room.leave(guest), { once: true })
    drop?.connection.abort(connectionEnded('others wait for the place'))
    return false
  }

  /** We know who it is. */
  refusesProven(peer: PeerId, connection: MultiaddrConnection): boolean {
    const guest = this.#guests.get(connection)
    if (guest !== undefined) this.#room.proven(guest)
    return this.tooManyOf(peer) || this.#init.hasPlace?.(peer.toString()) === false
  }

  /** The handshake is over. What was free when it began may be taken by now: others came at the same time. */
  refusesUpgraded(peer: PeerId, connection: MultiaddrConnection): boolean {
    const guest = this.#guests.get(connection)
    if (guest !== undefined) this.#room.leave(guest)
    return this.#isFull(this.#blockOf(connection), 'inbound') || this.tooManyOf(peer)
  }

  refusesDialled(connection: MultiaddrConnection): boolean {
    return this.#isFull(this.#blockOf(connection), 'outbound')
  }

  tooManyOf(peer: PeerId): boolean {
    const same = this.#init.connections().filter((other) => other.remotePeer.equals(peer))
    return same.length >= CONNECTIONS.perPeer
  }

  /** Undefined where the address says nothing (relays), or names this machine. */
  #blockOf({ remoteAddr }: { remoteAddr: Connection['remoteAddr'] }): string | undefined {
    const host = hostOf(remoteAddr)
    if (host === undefined) return undefined
    return isLoopbackHost(host) && this.#init.countsLoopback?.() !== true ? undefined : hostBlock(host)
  }

  #isFull(block: string | undefined, direction: 'inbound' | 'outbound'): boolean {
    if (block === undefined) return false
    const same = this.#init
      .connections()
      .filter((other) => other.direction === direction && this.#blockOf(other) === block)
    return same.length >= (direction === 'inbound' ? CONNECTIONS.perHost : CONNECTIONS.dialledPerHost)
  }
}
