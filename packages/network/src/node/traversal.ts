import type { Libp2p } from '@libp2p/interface'
import type { tcp } from '@libp2p/tcp'
import { type Clock, invariant, type Rng } from '@p2pshare/base'
import type { Log, Reach } from '@p2pshare/ports'
import type { Libp2pOptions } from 'libp2p'
import { CircuitTransport } from '../circuit/circuit-transport.ts'
import { RelayPlaces } from '../circuit/relay-places.ts'
import type { SwarmLinksInit } from '../link/swarm-host.ts'
import { HolePuncher } from '../punch/hole-puncher.ts'
import { Observing } from '../punch/observing.ts'
import { SharedPortTcp } from '../punch/shared-port.ts'
import { isRelayed } from './address-scope.ts'
import type { ConditionPart } from './condition.ts'
import type { NodePart } from './libp2p-network.ts'
import type { NodeComponents } from './node-components.ts'
import { reachOf } from './record-addresses.ts'

/** What {@link Traversal} is made of. */
export interface TraversalInit {
  /** TCP of the node, as it would be without this. */
  tcp: ReturnType<typeof tcp>
  clock: Clock
  rng: Rng
  log: Log
  /** What others have said about reaching us; `unknown` without anybody. */
  reach: () => Reach
}

/** What a node with a {@link Traversal} has besides. */
export interface TraversalParts {
  parts: NodePart[]
  conditions: ConditionPart[]
  /** What swarm links need to know. */
  links: Pick<SwarmLinksInit, 'direct'>
}

/** Of a node that stays in its LAN. */
export const NO_TRAVERSAL: TraversalParts = { parts: [], conditions: [], links: {} }

type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]

/**
 * Ways through routers, for nodes that may leave their LAN: connections that leave from one port, places at relays,
 * relayed connections and how they become direct.
 */
export class Traversal {
  readonly #init: TraversalInit
  #libp2p: Libp2p | undefined
  #tcp: SharedPortTcp | undefined
  #circuit: CircuitTransport | undefined
  #components: NodeComponents | undefined

  constructor(init: TraversalInit) {
    this.#init = init
  }

  /** For the making of the node. */
  readonly transports: TransportFactory[] = [
    (components) => {
      this.#components = components as unknown as NodeComponents
      const wanted = (): boolean => this.#reach() !== 'direct'
      this.#tcp = new SharedPortTcp(this.#init.tcp(components), wanted, this.#init.rng)
      return this.#tcp
    },
    (components) => {
      this.#circuit = new CircuitTransport(components as unknown as NodeComponents, this.#init.clock)
      return this.#circuit
    }
  ]

  /** Listen addresses of the node besides its own: places at relays, once there are any. */
  readonly listen = ['/p2p-circuit']

  /** Call once with the node made of {@link transports}. */
  attach(libp2p: Libp2p): TraversalParts {
    const { clock, log } = this.#init
    const [shared, circuit, components] = [this.#tcp, this.#circuit, this.#components]
    invariant(
      shared !== undefined && circuit !== undefined && components !== undefined,
      'the node was made with these transports'
    )
    this.#libp2p = libp2p
    libp2p.addEventListener('connection:open', ({ detail: { remoteAddr, remotePeer, direction } }) => {
      if (isRelayed(remoteAddr))
        log.debug(
          { peer: remotePeer.toString(), address: remoteAddr.toString(), direction },
          'relayed connection'
        )
    })
    const observing = new Observing(libp2p, (connection) => shared.isShared(connection))
    const places = new RelayPlaces({
      libp2p,
      listener: circuit.listener,
      position: () => ({ reach: this.#reach(), nat: observing.nat }),
      clock,
      log
    })
    const puncher = new HolePuncher({
      libp2p,
      dial: (address, options) => shared.punch(address, { ...options, upgrader: components.upgrader }),
      unlikely: () => observing.nat === 'endpoint-dependent',
      ownAddresses: () => [...observing.addresses(), ...libp2p.getMultiaddrs().filter(isOpen)],
      clock,
      log
    })
    const condition: ConditionPart = (found) => ({
      nat: observing.nat,
      relays: places.condition(),
      addresses: [...found.addresses, ...observing.condition()]
    })
    return {
      parts: [places, puncher],
      conditions: [condition],
      links: { direct: (relayed) => puncher.direct(relayed) }
    }
  }

  #reach(): Reach {
    if (this.#libp2p?.getMultiaddrs().some(isOpen) === true) return 'direct'
    return this.#init.reach()
  }
}

/** An address of the internet under which others reach us without a relay; libp2p tells only proven ones. */
function isOpen(address: Parameters<typeof reachOf>[0]): boolean {
  return !isRelayed(address) && reachOf(address) === 'public'
}
