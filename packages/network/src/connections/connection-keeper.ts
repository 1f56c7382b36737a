import { type Connection, KEEP_ALIVE, type Libp2p, type Stream } from '@libp2p/interface'
import type { CancelTimer, Clock, Millis } from '@p2pshare/base'
import type { Log, NetworkCondition, PeerLink, PeerName, PeerWorth } from '@p2pshare/ports'
import { reasonOf } from '../errors.ts'
import { CONNECTIONS, KEEPING } from '../limits/index.ts'
import { SWARM_PROTOCOL } from '../link/link-limits.ts'
import type { SwarmLinks } from '../link/swarm-host.ts'
import { HOP_PROTOCOL } from '../circuit/circuit-protocol.ts'
import { chooseToClose, type DhtNeed, hasPlace, type HeldConnection, type KeepLimits } from './keep-policy.ts'

/** What {@link ConnectionKeeper} is made of. */
export interface ConnectionKeeperInit {
  node: Pick<Libp2p, 'getConnections' | 'addEventListener' | 'removeEventListener' | 'peerStore'>
  links: Pick<SwarmLinks, 'find'>
  /** What a peer is to our shares. */
  worth: (peer: PeerName) => PeerWorth | undefined
  /** How our DHTs need it. */
  need: (peer: PeerName) => DhtNeed
  /** Who has a place at our relay, and how many more connections that takes. */
  relay: RelayPlaces
  /** Handshakes under way. */
  pending: () => number
  clock: Clock
  log: Log
  limits?: Partial<KeepLimits>
}

/** What the relay of this node has promised. */
export interface RelayPlaces {
  holdsPlace(peer: PeerName): boolean
  /** Connections that the user lets it have besides those of a node without a relay. */
  readonly extraConnections: number
}

interface Held extends HeldConnection {
  connection: Connection
}

/**
 * Keeps the number of connections sane, by {@link chooseToClose}: libp2p's own limit never closes a connection with a
 * stream that somebody uses, and every link is one. A swarm link that has to go is told `too-many-peers` first.
 */
export class ConnectionKeeper {
  readonly #init: ConnectionKeeperInit
  readonly #own: KeepLimits
  readonly #closing = new Set<Connection>()
  readonly #openedAt = new WeakMap<Connection, Millis>()
  #cancel: CancelTimer | undefined
  #due = false

  constructor(init: ConnectionKeeperInit) {
    this.#init = init
    this.#own = { ...CONNECTIONS, ...init.limits }
  }

  start(): void {
    this.#init.node.addEventListener('connection:open', this.#onOpen)
    this.#arm()
  }

  stop(): void {
    this.#init.node.removeEventListener('connection:open', this.#onOpen)
    this.#cancel?.()
  }

  /** Whether one more inbound connection may come; of a peer once it is known. */
  hasPlace(peer: PeerName | undefined): boolean {
    const connections = this.#init.node.getConnections()
    const inbound = connections.filter(({ direction }) => direction === 'inbound').length
    if (connections.length < this.#limits.max && inbound < this.#limits.maxInbound) return true
    if (connections.length >= this.#limits.max + CONNECTIONS.headroom) return false
    const { worth, need } = this.#init
    // A stranger may turn out to be worth a place when it has shown who it is; only a few at a time may try.
    if (peer === undefined && this.#init.pending() < CONNECTIONS.headroom / 2) return true
    const newcomer = peer === undefined ? undefined : { swarm: worth(peer), dht: need(peer) }
    return hasPlace(this.#held(), newcomer, this.#limits)
  }

  condition(): Pick<NetworkCondition, 'connections'> {
    const all = this.#init.node.getConnections()
    return {
      connections: {
        total: all.length,
        inbound: all.filter(({ direction }) => direction === 'inbound').length,
        relayed: all.filter(({ limits, direct }) => limits !== undefined || !direct).length,
        pending: this.#init.pending(),
        max: this.#limits.max
      }
    }
  }

  readonly #onOpen = (event: CustomEvent<Connection>): void => {
    this.#openedAt.set(event.detail, this.#init.clock.now())
    if (this.#due) return
    this.#due = true
    // libp2p counts the new one a moment after it says so.
    queueMicrotask(() => {
      this.#due = false
      this.#look()
    })
  }

  #arm(): void {
    this.#cancel = this.#init.clock.after(KEEPING.interval, () => {
      // First: whatever a look runs into must not end the watch.
      this.#arm()
      this.#look()
    })
  }

  #look(): void {
    if (this.#init.node.getConnections().length - this.#closing.size <= this.#fewest()) return
    for (const { connection } of chooseToClose(this.#held(), this.#limits)) this.#close(connection)
  }

  get #limits(): KeepLimits {
    const { extraConnections: extra } = this.#init.relay
    const { comfortable, max, maxInbound } = this.#own
    return { comfortable: comfortable + extra, max: max + extra, maxInbound: maxInbound + extra }
  }

  /** With no more than these nothing is ever closed. */
  #fewest(): number {
    return Math.min(this.#limits.comfortable, this.#limits.maxInbound)
  }

  #held(): Held[] {
    const now = this.#init.clock.now()
    const all = this.#init.node.getConnections().filter((each) => !this.#closing.has(each))
    const best = new Map<string, Connection>()
    for (const each of all) {
      const peer = each.remotePeer.toString()
      const other = best.get(peer)
      if (other === undefined || this.#isBetter(each, other)) best.set(peer, each)
    }
    return all.map((connection) => {
      const peer = connection.remotePeer.toString()
      const age = now - (this.#openedAt.get(connection) ?? now)
      return {
        connection,
        inbound: connection.direction === 'inbound',
        relayed: !connection.direct,
        age,
        swarm: this.#counts(connection, age) ? this.#init.worth(peer) : undefined,
        dht: this.#init.need(peer),
        placed: this.#init.relay.holdsPlace(peer),
        busy: connection.streams.some(isAtWork),
        spare: best.get(peer) !== connection
      }
    })
  }

  /** Whether what the peer is worth is due to this connection: it has the link, or has not had the time for one. */
  #counts(connection: Connection, age: number): boolean {
    if (this.#linkOn(connection) !== undefined) return true
    return age < KEEPING.grace && this.#init.links.find(connection.remotePeer.toString()) === undefined
  }

  /** Of two connections to one peer: that of the link, the direct one, the older one. */
  #isBetter(one: Connection, other: Connection): boolean {
    if (this.#linkOn(other) !== undefined) return false
    return this.#linkOn(one) !== undefined || (one.direct && !other.direct)
  }

  #linkOn(connection: Connection): PeerLink | undefined {
    const link = this.#init.links.find(connection.remotePeer.toString())
    return link?.remoteAddress === connection.remoteAddr.toString() ? link : undefined
  }

  /** libp2p dials a peer that is tagged so as soon as its connection has ended, to be closed again. */
  async #letGo({ remotePeer }: Connection): Promise<void> {
    try {
      const { tags } = await this.#init.node.peerStore.get(remotePeer)
      const kept = [...tags.keys()].filter((tag) => tag.startsWith(KEEP_ALIVE))
      if (kept.length === 0) return
      const without = Object.fromEntries(kept.map((tag) => [tag, undefined]))
      await this.#init.node.peerStore.merge(remotePeer, { tags: without })
    } catch (error) {
      this.#init.log.debug({ peer: remotePeer.toString(), error: reasonOf(error) }, 'tags not taken back')
    }
  }

  #close(connection: Connection): void {
    void this.#letGo(connection)
    const { clock, log } = this.#init
    const peer = connection.remotePeer.toString()
    log.debug({ peer, inbound: connection.direction === 'inbound' }, 'closed: there are too many connections')
    this.#closing.add(connection)
    connection.addEventListener('close', () => this.#closing.delete(connection), { once: true })
    const link = this.#linkOn(connection)
    if (link === undefined) return void this.#end(connection)
    link.close('too-many-peers', 'others need the place')
    clock.after(KEEPING.goodbye, () => void this.#end(connection))
  }

  async #end(connection: Connection): Promise<void> {
    try {
      await connection.close({ signal: AbortSignal.timeout(1000) })
    } catch (error) {
      connection.abort(error as Error)
    } finally {
      this.#closing.delete(connection)
    }
  }
}

/** Links are judged by their shares; of what others open only what we relay is work for somebody. */
function isAtWork({ direction, protocol }: Stream): boolean {
  return direction === 'outbound' ? protocol !== SWARM_PROTOCOL : protocol === HOP_PROTOCOL
}
