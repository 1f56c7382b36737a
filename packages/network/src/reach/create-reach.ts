import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { AddressCondition, Log, NetworkCondition, Reach } from '@p2pshare/ports'
import type { NetworkOptions } from '../network-options.ts'
import type { NetworkProfile } from '../network-profile.ts'
import { hostOf } from '../node/address-scope.ts'
import type { ConditionPart } from '../node/condition.ts'
import type { NodePart } from '../node/libp2p-network.ts'
import { withoutPeer } from '../node/address-scope.ts'
import { ClockWatch } from './clock/clock-watch.ts'
import { findMappers } from './mapping/find-mappers.ts'
import { PortMapping } from './mapping/port-mapping.ts'
import { currentRoute } from './mapping/route.ts'
import { hearRouter } from './mapping/router-news.ts'
import { type ExactTransport, exactTransport } from './node-parts.ts'
import { publicTcp } from './public-host.ts'
import { reachFrom } from './reach.ts'
import { Reachability } from './reachability.ts'
import type { Side } from './twin/self-sightings.ts'
import { TwinWatch } from './twin/twin-watch.ts'

/** What the node asks, and tells, its reach. */
export interface ReachHooks {
  /** Which of our addresses are told to others, given those that libp2p would tell. */
  announced: (addresses: Multiaddr[]) => Multiaddr[]
  /** A handshake ended at this node's own key. */
  onOwnKey: (side: Side, place: string) => void
  /** Somebody says that this node is at these addresses. */
  onSelf: (addresses: readonly string[]) => void
  /** Whether others can open connections to us, as far as our own addresses tell. */
  reach: () => Reach
}

/** For the time before there is a node. */
export function noReachYet(): ReachHooks {
  return {
    announced: (addresses) => addresses,
    onOwnKey: () => undefined,
    onSelf: () => undefined,
    reach: () => 'unknown'
  }
}

/** What the node gets from here. */
export interface ReachParts {
  parts: NodePart[]
  condition: ConditionPart
  hooks: ReachHooks
}

/** Addresses of one condition. */
const MAX_ADDRESSES = 64

/**
 * How this node is reached from outside: a port of the router, and addresses that were dialled from outside before
 * they are told. In a network that stays in the LAN there is no outside: nothing of it runs.
 */
export function createReach(init: {
  libp2p: Libp2p
  profile: NetworkProfile
  options: NetworkOptions
}): ReachParts {
  const { libp2p, profile, options } = init
  const { clock, rng } = options
  const log = options.log.child('reach')
  const transport = exactTransport(libp2p)
  const listening = (): string[] => transport.listening().map((address) => withoutPeer(address).toString())
  const watch = new ClockWatch({ libp2p, clock })
  const own = (): string[] => [
    ...listening(),
    ...libp2p.getMultiaddrs().map((each) => withoutPeer(each).toString())
  ]
  const twin = new TwinWatch({ transport, scope: profile.scope, own, clock })
  const watching: Pick<ReachHooks, 'onOwnKey' | 'onSelf'> = {
    onOwnKey: (side, place) => twin.seen(side, place),
    onSelf: (addresses) => twin.told(addresses)
  }
  const always = (): Partial<NetworkCondition> => ({
    listening: listening(),
    clockOffset: watch.offset(),
    troubles: twin.troubles()
  })
  if (profile.scope === 'lan') {
    return {
      parts: [watch, twin],
      condition: () => ({ ...always(), addresses: listening().map(unasked) }),
      hooks: { announced: (addresses) => addresses, reach: () => 'unknown', ...watching }
    }
  }
  const mapping = mappingOf(options, transport, log, () => reachability.changed())
  const reachability = new Reachability({
    libp2p,
    transport,
    configured: options.publicAddresses ?? [],
    mapped: () => mapping?.external,
    ...{ clock, rng, log }
  })
  return {
    parts: [watch, twin, reachability, ...(mapping === undefined ? [] : [mapping])],
    condition: () => ({
      ...always(),
      ...conditionFrom(listening(), libp2p.getMultiaddrs(), reachability, mapping)
    }),
    hooks: {
      announced: (addresses) => reachability.announced(addresses),
      reach: () => reachFrom(reachability.conditions(), [], transport.listening().length > 0),
      ...watching
    }
  }
}

/** Asks the router for a port, where that is wanted. With `bind` it is not: the questions would leave by any interface. */
function mappingOf(
  { portMapping, bind, clock }: NetworkOptions,
  transport: ExactTransport,
  log: Log,
  onChange: () => void
): PortMapping | undefined {
  if (portMapping !== true || bind !== undefined) return undefined
  return new PortMapping({
    route: currentRoute,
    listenPort: (local) => portAt(transport.listening(), local),
    find: findMappers,
    hear: hearRouter,
    onChange,
    clock,
    log
  })
}

function conditionFrom(
  listening: string[],
  announced: readonly Multiaddr[],
  reachability: Reachability,
  mapping: PortMapping | undefined
): Partial<NetworkCondition> {
  const local = listening.filter((address) => publicTcp(address) === undefined).map(unasked)
  const relayed = announced
    .filter((address) => address.getComponents().some(({ name }) => name === 'p2p-circuit'))
    .map(
      (address): AddressCondition => ({
        address: withoutPeer(address).toString(),
        origin: 'relay',
        // A relay that keeps a place for us holds the connection over which it reaches us.
        verified: 'yes'
      })
    )
  const addresses = [...reachability.conditions(), ...relayed, ...local].slice(0, MAX_ADDRESSES)
  return {
    addresses,
    ...(mapping === undefined ? {} : { portMapping: mapping.condition() })
  }
}

function unasked(address: string): AddressCondition {
  return { address, origin: 'listen', verified: 'unasked' }
}

/** The TCP port that is listened on at an own IPv4 address. */
function portAt(listening: readonly Multiaddr[], local: string): number | undefined {
  const own = listening.find((address) => hostOf(address) === local)
  const port = own?.getComponents().find(({ name }) => name === 'tcp')?.value
  return port === undefined ? undefined : Number(port)
}
