import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { printable, ShareError } from '@p2pshare/base'
import type {
  Log,
  NetworkCondition,
  PeerAddress,
  PeerInfo,
  PeerLink,
  PeerName,
  PeerNetwork,
  PeerWorth,
  Relaying,
  SignedAddresses
} from '@p2pshare/ports'
import { multiaddr } from '@multiformats/multiaddr'
import { fromDialError, fromStartError, reasonOf } from '../errors.ts'
import { STOP_TIMEOUT } from '../limits/index.ts'
import { SWARM_PROTOCOL } from '../link/link-limits.ts'
import { relayBudget } from '../link/relay-budget.ts'
import type { SwarmLinks } from '../link/swarm-host.ts'
import { isRelayed } from './address-scope.ts'
import { openPeerRecord, type OwnRecords } from './peer-record.ts'

/** A part of the node that lives from start to stop. */
export interface NodePart {
  start(): void
  stop(): void | Promise<void>
  /** The way to others is not what it was: addresses of this machine changed, or it slept. */
  moved?(): void
}

/** What {@link Libp2pNetwork} is made of. */
export interface Libp2pNetworkInit {
  libp2p: Libp2p
  links: SwarmLinks
  /** Started after the node, in order; stopped before it, in reverse. */
  parts: readonly NodePart[]
  listen: readonly string[]
  records: OwnRecords
  /** Shared with the connection gater. */
  admission: { admits: (peer: PeerName) => boolean }
  /** Asked by who chooses whose connections are kept. */
  worth: { of: (peer: PeerName) => PeerWorth | undefined }
  condition: () => NetworkCondition
  /** Peers that announced themselves on the LAN; undefined without mDNS. */
  discovered: (() => PeerName[]) | undefined
  acceptsHint: (address: string) => boolean
  relaying: Relaying
  /** Somebody says that this node is at these addresses. */
  onSelf: (addresses: readonly string[]) => void
  log: Log
}

/** The {@link PeerNetwork} on libp2p. */
export class Libp2pNetwork implements PeerNetwork {
  readonly self: PeerName
  readonly relaying: Relaying
  readonly #init: Libp2pNetworkInit
  /** What connected peers say they are, escaped. */
  readonly #agents = new Map<PeerName, string>()
  /** Those of them that speak our protocol. */
  readonly #speakers = new Set<PeerName>()
  #stopped: Promise<void> | undefined

  constructor(init: Libp2pNetworkInit) {
    this.#init = init
    this.self = init.libp2p.peerId.toString()
    this.relaying = init.relaying
    init.libp2p.addEventListener('peer:identify', (event) => this.#noteIdentity(event.detail))
    init.libp2p.addEventListener('peer:disconnect', (event) => {
      this.#agents.delete(event.detail.toString())
      this.#speakers.delete(event.detail.toString())
    })
  }

  addresses(): string[] {
    return this.#init.libp2p.getMultiaddrs().map(String)
  }

  link(target: PeerAddress, signal: AbortSignal): Promise<PeerLink> {
    if (target.peer === this.self) this.#init.onSelf(target.addresses)
    return this.#init.links.link(target, signal)
  }

  onLink(take: (link: PeerLink) => void): void {
    this.#init.links.onLink(take)
  }

  async connect(address: string, signal: AbortSignal): Promise<PeerName> {
    const target = parseTarget(address)
    if (address.endsWith(`/p2p/${this.self}`)) this.#init.onSelf([address])
    try {
      return (await this.#init.libp2p.dial(target, { signal })).remotePeer.toString()
    } catch (error) {
      throw fromDialError(error, address, signal.aborted)
    }
  }

  setAdmission(admits: (peer: PeerName) => boolean): void {
    this.#init.admission.admits = admits
  }

  setWorth(worth: (peer: PeerName) => PeerWorth | undefined): void {
    this.#init.worth.of = worth
  }

  async disconnect(peer: PeerName): Promise<void> {
    const id = peerIdFromString(peer)
    await Promise.all(this.#init.libp2p.getConnections(id).map(closeOrAbort))
  }

  peers(): PeerInfo[] {
    const out = new Map<PeerName, PeerInfo>()
    for (const connection of this.#init.libp2p.getConnections()) {
      const peer = connection.remotePeer.toString()
      // Of two ways to a peer the direct one is shown.
      if (out.get(peer)?.relayed === false || (out.has(peer) && isRelayed(connection.remoteAddr))) continue
      out.set(peer, {
        peer,
        address: connection.remoteAddr.toString(),
        inbound: connection.direction === 'inbound',
        relayed: isRelayed(connection.remoteAddr),
        ...carriesOf(connection),
        agent: this.#agents.get(peer) ?? '',
        encryption: connection.encryption === '/tls/1.0.0' ? 'tls' : 'noise'
      })
    }
    return [...out.values()]
  }

  neighbours(): PeerName[] {
    return this.peers().flatMap(({ peer, relayed }) => (!relayed && this.#speakers.has(peer) ? [peer] : []))
  }

  discovered(): { on: boolean; peers: PeerName[] } {
    const peers = this.#init.discovered?.()
    return { on: peers !== undefined, peers: peers ?? [] }
  }

  acceptsHint(address: string): boolean {
    return this.#init.acceptsHint(address)
  }

  condition(): NetworkCondition {
    return this.#init.condition()
  }

  ownRecord(audience: 'lan' | 'public'): Promise<Uint8Array | undefined> {
    return this.#init.records.own(audience)
  }

  openRecord(record: Uint8Array): Promise<SignedAddresses | undefined> {
    return openPeerRecord(record)
  }

  async start(): Promise<void> {
    const { libp2p, links, parts, listen, log } = this.#init
    try {
      await libp2p.start()
    } catch (error) {
      await this.#cleanUp()
      throw fromStartError(error, listen)
    }
    await links.start()
    for (const part of parts) part.start()
    log.info({ peer: this.self, addresses: this.addresses() }, 'node started')
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { log } = this.#init
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(resolve, STOP_TIMEOUT, 'late')
    const ended = this.#stopAll().then(
      () => 'ended' as const,
      (error: unknown) => log.warn({ error: reasonOf(error) }, 'the node did not stop cleanly')
    )
    if ((await Promise.race([ended, late])) === 'late') log.warn({}, 'the node did not stop in time')
    clearTimeout(timer)
  }

  async #stopAll(): Promise<void> {
    const { libp2p, links, parts } = this.#init
    await links.stop()
    await Promise.all(parts.toReversed().map(async (part) => part.stop()))
    await libp2p.stop()
  }

  /** After a failed start: closes what did open. */
  async #cleanUp(): Promise<void> {
    try {
      await this.#init.libp2p.stop()
    } catch (error) {
      this.#init.log.debug({ error: reasonOf(error) }, 'clean-up after a failed start')
    }
  }

  #noteIdentity(result: IdentifyResult): void {
    if (this.#init.libp2p.getConnections(result.peerId).length === 0) return
    const peer = result.peerId.toString()
    this.#agents.set(peer, printable(result.agentVersion ?? '', 128))
    if (result.protocols.includes(SWARM_PROTOCOL)) this.#speakers.add(peer)
    else this.#speakers.delete(peer)
  }
}

function carriesOf(connection: Connection): { carries?: number } {
  const left = relayBudget(connection)?.bytes
  return left === undefined ? {} : { carries: left }
}

function parseTarget(address: string): ReturnType<typeof multiaddr> {
  try {
    return multiaddr(address)
  } catch (error) {
    throw new ShareError({
      code: 'network.bad-address',
      fault: 'user',
      message: `${printable(address)} is not a multiaddr.`,
      hint: 'Write it as /ip4/192.0.2.1/tcp/4001/p2p/12D3Koo…',
      cause: error
    })
  }
}

async function closeOrAbort(connection: Connection): Promise<void> {
  try {
    await connection.close({ signal: AbortSignal.timeout(1000) })
  } catch (error) {
    connection.abort(error as Error)
  }
}
