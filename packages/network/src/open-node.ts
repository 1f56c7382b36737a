import type { Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import { OwnKeys } from './announce/own-keys.ts'
import { ConnectionCare } from './connections/connection-care.ts'
import type { LaneContext } from './create-lane.ts'
import { RecordQuota } from './dht/records/record-quota.ts'
import { NameResolver } from './dialing/name-resolver.ts'
import { OwnSubnets } from './dialing/own-subnets.ts'
import { dialSideBySide } from './dialing/peer-dialer.ts'
import { loadOrCreateKey } from './identity/key-file.ts'
import { RECORDS } from './limits/index.ts'
import type { HintPlace } from './link/hint-gate.ts'
import type { NetworkOptions } from './network-options.ts'
import {
  type NetworkChoice,
  networkFingerprint,
  type NetworkProfile,
  networkProfile
} from './network-profile.ts'
import { bootstrapIn, parseAddresses } from './node/bootstrap-list.ts'
import { createNode, type Node, type NodeInit } from './node/libp2p-node.ts'
import { NO_TRAVERSAL, Traversal, type TraversalParts } from './node/traversal.ts'
import { noReachYet, type ReachHooks } from './reach/create-reach.ts'
import { ValueDatastore } from './store/value-datastore.ts'
import { WriteBehindValues } from './store/write-behind-values.ts'

/** A libp2p node with what was made before it, and what is told to it later. */
export interface OpenedNode {
  profile: NetworkProfile
  /** Multiaddrs, checked and in scope. */
  bootstrap: string[]
  privateKey: PrivateKey
  /** Asked before a connection is allowed. */
  admission: { admits: (peer: string) => boolean }
  /** What all DHTs of the node share. */
  shared: LaneContext
  /** Told of peers that announce themselves on the LAN. */
  discovered: { take: (peer: PeerId) => void }
  care: ConnectionCare
  /** What the node asks of its reach; filled in when there is one. */
  outside: ReachHooks
  node: Node
  /** Decides which addresses of strangers are worth a dial. */
  place: HintPlace
  through: TraversalParts
}

/**
 * Makes the libp2p node that the options ask for, with how it dials, listens and gets through routers. It is made
 * before what acts on its discoveries. Nothing is opened or dialled.
 *
 * @throws ShareError as `createNetwork`
 */
export async function openNode(options: NetworkOptions): Promise<OpenedNode> {
  const { log, clock } = options
  const profile = networkProfile(options.network)
  const bootstrap = checkedBootstrap(options, profile)
  const privateKey = 'keyFile' in options ? await loadOrCreateKey(options.keyFile, log) : options.privateKey
  const admission = { admits: (_peer: string): boolean => true }
  const behind = new WriteBehindValues(options.values, clock)
  const shared = { ownKeys: new OwnKeys(clock), quota: new RecordQuota(RECORDS.max), behind }
  const discovered = { take: (_peer: PeerId): void => undefined }
  const care = new ConnectionCare({ ...options, limits: options.connectionLimits })
  const outside = noReachYet()
  const traversal =
    profile.scope === 'lan'
      ? undefined
      : new Traversal({ ...options, tcp: care.transport, reach: () => outside.reach() })
  const node = await nodeOf(options, {
    privateKey,
    profile,
    care,
    bootstrap,
    store: behind,
    admits: (peer) => admission.admits(peer),
    outside,
    traversal,
    onDiscovered: (peer) => discovered.take(peer)
  })
  const place = prepareDialling(options, node.libp2p, profile, care)
  const through = traversal?.attach(node.libp2p) ?? NO_TRAVERSAL
  return {
    ...{ profile, bootstrap, privateKey, admission, shared, discovered },
    ...{ care, outside, node, place, through }
  }
}

/** What {@link nodeOf} needs besides the options. */
interface NodeContext
  extends Pick<
    NodeInit,
    'privateKey' | 'profile' | 'care' | 'bootstrap' | 'admits' | 'outside' | 'traversal' | 'onDiscovered'
  > {
  store: WriteBehindValues
}

/** The libp2p node that the options ask for. */
function nodeOf(options: NetworkOptions, { store, ...init }: NodeContext): Promise<Node> {
  return createNode({
    ...init,
    datastore: new ValueDatastore(store, storeOf(options.network)),
    publicAddresses: options.publicAddresses ?? [],
    encryption: options.encryption ?? 'noise',
    pnet: options.pnet ?? false,
    mdns: options.mdns,
    agentVersion: options.agentVersion
  })
}

/** Where the node's own store lies: peers of one private network are nobody's business in another one. */
function storeOf(choice: NetworkChoice): string {
  return choice.kind === 'private' ? `libp2p-${networkFingerprint(choice.key)}` : 'libp2p'
}

/** Makes the node dial as we want it to; answers what decides which addresses of strangers are worth a dial. */
function prepareDialling(
  options: NetworkOptions,
  libp2p: Libp2p,
  { scope }: NetworkProfile,
  care: ConnectionCare
): HintPlace {
  const { clock } = options
  const subnets = new OwnSubnets(() => clock.now())
  const near = (host: string): boolean => subnets.has(host)
  dialSideBySide(libp2p, { names: new NameResolver(options.names ?? care.names, clock), near, clock })
  return { scope, near, listening: () => libp2p.getMultiaddrs() }
}

/** Looks at all addresses of the options, and answers the bootstrap peers that this network may have. */
function checkedBootstrap(options: NetworkOptions, profile: NetworkProfile): string[] {
  parseAddresses(options.listen, 'listen')
  parseAddresses(options.publicAddresses ?? [], 'publicAddresses')
  const wanted = options.bootstrap.length > 0 ? options.bootstrap : profile.bootstrap
  return bootstrapIn(wanted, profile.scope, options.log)
}
