import type { Connection, Libp2p } from '@libp2p/interface'
import type { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { type Clock, type Millis, ShareError } from '@p2pshare/base'
import type { Log, NetworkCondition, PeerName, PeerWorth } from '@p2pshare/ports'
import type { DhtLane } from '../dht/dht-lane.ts'
import { fromStartError } from '../errors.ts'
import type { LifeLimits } from '../limits/index.ts'
import type { SwarmLinks } from '../link/swarm-host.ts'
import { type NameService, systemNames } from '../dialing/name-service.ts'
import { boundNames } from './bound-names.ts'
import {
  BoundInterface,
  bindMissing,
  checkListen,
  isEverywhere,
  isOfThisMachine,
  listenNow
} from './bound-interface.ts'
import { connectionEnded } from './connection-ended.ts'
import { ConnectionKeeper, type RelayPlaces } from './connection-keeper.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { dhtNeed } from './dht-need.ts'
import type { KeepLimits } from './keep-policy.ts'
import { ListenerBook } from './listener-book.ts'
import { Listening, type ListenerOpener } from './listening.ts'
import { type LocalAddresses, localAddresses } from './local-addresses.ts'
import { type TcpDialOptions, tcpTransport } from './tcp-transport.ts'

/** Limits of connections that tests make smaller. */
export interface ConnectionLimits extends KeepLimits, LifeLimits {
  /** Whether processes of this machine are strangers, too. */
  countsLoopback: boolean
}

/** What {@link ConnectionCare} is made of before there is a node. */
export interface ConnectionCareInit {
  /** Option `listen`. */
  listen: readonly string[]
  /** Option `bind`. */
  bind?: string | undefined
  clock: Clock
  log: Log
  limits: Partial<ConnectionLimits> | undefined
  /** Asks the system for the addresses of this machine; tests give others. */
  localAddresses?: () => LocalAddresses | undefined
}

/** What belongs to the node, once it is there. */
export interface CaredNode {
  libp2p: Libp2p
  links: SwarmLinks
  lanes: readonly DhtLane[]
  relay: RelayPlaces
  /** Handshakes under way. */
  pending: () => number
  /** Told when the way to others is not what it was. */
  onMoved: () => void
}

/**
 * All that keeps connections sane, in one place: to which interface sockets are bound, where is listened, how many
 * connections there are and whose, and whether the other side is still there.
 */
export class ConnectionCare {
  /** Asked for what a peer is to our shares. */
  readonly worth = { of: (_peer: PeerName): PeerWorth | undefined => undefined }
  /** libp2p's TCP, bound. */
  readonly transport: ReturnType<typeof tcp>
  /** Where to listen at the start. */
  readonly listen: readonly string[]
  readonly #init: ConnectionCareInit
  readonly #local: () => LocalAddresses | undefined
  readonly #bound: BoundInterface | undefined
  readonly #book = new ListenerBook()
  readonly #listening: Listening
  #opener: ListenerOpener | undefined
  #keeper: ConnectionKeeper | undefined
  #watch: ConnectionWatch | undefined
  #cared: CaredNode | undefined

  /** @throws ShareError `network.bad-bind`, `network.bind-missing`, `network.bind-conflict`, `network.cannot-listen` */
  constructor(init: ConnectionCareInit) {
    this.#init = init
    this.#local = init.localAddresses ?? localAddresses
    const local = this.#local() ?? new Map()
    this.#bound = init.bind === undefined ? undefined : new BoundInterface(init.bind, local)
    if (this.#bound?.missing === true) throw bindMissing(this.#bound.name)
    if (this.#bound !== undefined) checkListen(init.listen, this.#bound)
    const present = listenNow(init.listen, local, this.#bound)
    if (this.#bound !== undefined && present.length === 0 && init.listen.length > 0)
      throw fromStartError('this machine has no such address', init.listen)
    // An interface without a carrier is not told of, but can be listened on: without any other, the system decides.
    this.listen = present.length > 0 ? present : init.listen
    this.#listening = new Listening(this.#book, () => this.#needOpener(), init.clock, init.log)
    const make = tcpTransport({ dialOptions: (target) => this.#dialOptions(target), book: this.#book })
    this.transport = (components) => {
      this.#opener = (components as unknown as { transportManager: ListenerOpener }).transportManager
      return make(components)
    }
  }

  /** The interface or address that every socket uses, for who makes other sockets; undefined: any. */
  get bound(): BoundInterface | undefined {
    return this.#bound
  }

  /** Who resolves names in addresses. */
  get names(): NameService {
    return this.#bound === undefined ? systemNames : boundNames(this.#bound, this.#local)
  }

  /** What the gater asks. */
  readonly gate = {
    clock: { now: (): Millis => this.#init.clock.now() },
    countsLoopback: (): boolean => this.#init.limits?.countsLoopback ?? false,
    hasPlace: (peer?: PeerName): boolean => this.#keeper?.hasPlace(peer) ?? true,
    mayDial: (target: Multiaddr): boolean =>
      this.#bound === undefined || this.#bound.sourceFor(target) !== undefined
  }

  /** Takes up the node; its parts are started and stopped with those of the network. */
  attach(cared: CaredNode): void {
    const { clock, log, limits = {} } = this.#init
    this.#cared = cared
    const { libp2p, links } = cared
    const isLinked = (connection: Connection): boolean =>
      links.find(connection.remotePeer.toString())?.remoteAddress === connection.remoteAddr.toString()
    this.#keeper = new ConnectionKeeper({
      node: libp2p,
      links,
      worth: (peer) => this.worth.of(peer),
      need: dhtNeed(cared.lanes, clock),
      relay: cared.relay,
      pending: cared.pending,
      clock,
      log,
      limits
    })
    this.#watch = new ConnectionWatch({
      node: libp2p,
      clock,
      log,
      limits,
      local: this.#local,
      isLinked,
      onLook: (local) => this.#settle(local),
      onMoved: () => cared.onMoved()
    })
  }

  start(): void {
    this.#keeper?.start()
    this.#watch?.start()
  }

  stop(): void {
    this.#keeper?.stop()
    this.#watch?.stop()
  }

  /** For the node's condition. */
  condition(): Partial<NetworkCondition> {
    const troubles = this.troubles()
    return { ...this.#keeper?.condition(), ...(troubles.length === 0 ? {} : { troubles }) }
  }

  /** Sentences for people. */
  troubles(): string[] {
    const { listen } = this.#init
    if (this.#bound?.missing === true)
      return [
        `Bound to ${this.#bound.name} (option "bind"), which is not there: nothing is sent or taken until it returns.`
      ]
    const wanted = listenNow(listen, this.#local() ?? new Map(), undefined)
    if (this.#bound !== undefined || wanted.length === listen.length) return []
    const away = listen.filter((address) => !wanted.includes(address) && !isEverywhere(address))
    if (away.length === 0) return []
    return [`Not listening on ${away.join(', ')}: this machine has no such address now.`]
  }

  #settle(local: LocalAddresses): void {
    const missed = this.#bound?.missing
    this.#bound?.update(local)
    if (this.#bound !== undefined && this.#bound.missing !== missed) this.#tell(this.#bound)
    void this.#listening
      .settle(listenNow(this.#init.listen, local, this.#bound).filter(isOfThisMachine))
      .then((changed) => changed && this.#cared?.onMoved())
  }

  /** The bound interface went, or came back. */
  #tell({ name, missing }: BoundInterface): void {
    const { log } = this.#init
    if (!missing) return log.info({ bind: name }, 'the bound interface is back')
    log.warn({ bind: name }, 'the bound interface is gone: no connections until it is back')
    for (const connection of this.#cared?.libp2p.getConnections() ?? [])
      connection.abort(connectionEnded(`${name} is gone`))
  }

  #dialOptions(target: Multiaddr): TcpDialOptions {
    if (this.#bound === undefined) return {}
    const localAddress = this.#bound.sourceFor(target)
    if (localAddress === undefined) throw bindMissing(this.#bound.name)
    return { localAddress }
  }

  #needOpener(): ListenerOpener {
    if (this.#opener !== undefined) return this.#opener
    throw new ShareError({
      code: 'network.tcp-changed',
      fault: 'bug',
      message: 'libp2p gave its TCP transport no way to listen',
      hint: 'Install the version that package-lock.json names.'
    })
  }
}
