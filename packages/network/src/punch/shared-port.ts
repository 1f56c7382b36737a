import {
  type Connection,
  type CreateListenerOptions,
  type DialTransportOptions,
  type Listener,
  type MultiaddrConnection,
  type Transport,
  transportSymbol,
  type Upgrader
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Rng } from '@p2pshare/base'
import { hostOf, isPublicHost } from '../node/address-scope.ts'

/** Range of ports to choose from: above those of services, and where systems take ports for connections anyway. */
const FIRST_PORT = 32_768
const PORTS = 28_000

/** Errors that say that this port cannot be used for this connection. */
const PORT_TAKEN = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'EINVAL'])

/**
 * TCP whose connections to the internet leave from one port, so that a router shows all of them under one outer port
 * and others know where to meet us. The port is not listened on: systems let connections share a port with each
 * other, but not with a listener. Where the port cannot be used a connection leaves from any.
 */
export class SharedPortTcp implements Transport {
  readonly [transportSymbol] = true as const
  readonly [Symbol.toStringTag] = '@libp2p/tcp'
  readonly #tcp: Transport
  readonly #wanted: () => boolean
  readonly #rng: Rng
  readonly #shared = new WeakSet<Connection>()
  #port: number

  /** @param wanted - whether connections should leave from the shared port now */
  constructor(tcp: Transport, wanted: () => boolean, rng: Rng) {
    this.#tcp = tcp
    this.#wanted = wanted
    this.#rng = rng
    this.#port = this.#choose()
  }

  /** Whether a connection left from the shared port. */
  isShared(connection: Connection): boolean {
    return this.#shared.has(connection)
  }

  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const host = hostOf(address)
    if (host === undefined || !isPublicHost(host) || !this.#wanted()) return this.#tcp.dial(address, options)
    const port = this.#port
    try {
      return await this.#dialFrom(port, address, options)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined || !PORT_TAKEN.has(code)) throw error
      // EADDRNOTAVAIL is of this one destination (an old connection to it); the others are of the port.
      if (code !== 'EADDRNOTAVAIL' && port === this.#port) this.#port = this.#choose()
      return this.#tcp.dial(address, options)
    }
  }

  /**
   * Dials from the shared port while the other side dials us.
   * @param initiator - whether we speak first once connected: one of the two does, and the other one answers
   */
  punch(address: Multiaddr, options: DialTransportOptions & { initiator: boolean }): Promise<Connection> {
    const { initiator, upgrader, ...others } = options
    return this.#dialFrom(this.#port, address, {
      ...others,
      upgrader: initiator ? upgrader : answering(upgrader)
    })
  }

  createListener(options: CreateListenerOptions): Listener {
    return this.#tcp.createListener(options)
  }

  listenFilter(addresses: Multiaddr[]): Multiaddr[] {
    return this.#tcp.listenFilter(addresses)
  }

  dialFilter(addresses: Multiaddr[]): Multiaddr[] {
    return this.#tcp.dialFilter(addresses)
  }

  async #dialFrom(localPort: number, address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    // @libp2p/tcp hands its options on to net.connect.
    const connection = await this.#tcp.dial(address, { ...options, localPort } as DialTransportOptions)
    this.#shared.add(connection)
    return connection
  }

  #choose(): number {
    return FIRST_PORT + this.#rng.below(PORTS)
  }
}

/**
 * An upgrader that takes the answering part on a connection that we dialled. libp2p has the option `initiator` for
 * that; yamux asks the connection's direction instead.
 */
function answering(upgrader: Upgrader): Upgrader {
  const upgradeOutbound = (connection: MultiaddrConnection, options: object): Promise<Connection> => {
    connection.direction = 'inbound'
    return upgrader.upgradeOutbound(connection, { ...options, initiator: false } as never)
  }
  return Object.create(upgrader, { upgradeOutbound: { value: upgradeOutbound } }) as Upgrader
}
