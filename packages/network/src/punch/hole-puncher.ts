import type { Connection, IdentifyResult, Libp2p, PeerId, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '@p2pshare/base'
import type { Log, PeerName } from '@p2pshare/ports'
import { boundedSignal } from '../dht/signals.ts'
import { reasonOf } from '../errors.ts'
import { PUNCH } from '../limits/index.ts'
import { isRelayed, withoutPeer } from '../node/address-scope.ts'
import { reachOf } from '../node/record-addresses.ts'
import { type DirectOutcome, DirectWait } from './direct-wait.ts'
import { punchDial } from './punch-dial.ts'
import { acceptPunch, type PunchAppointment, proposePunch, punchFailed } from './punch-exchange.ts'
import { PUNCH_PROTOCOL } from './punch-message.ts'

/** What a {@link HolePuncher} is made of. */
export interface HolePuncherInit {
  libp2p: Pick<Libp2p, 'peerId' | 'handle' | 'unhandle' | 'dial' | 'getConnections' | 'addEventListener'>
  /** Dials one address, with the peer's id at its end, while the peer dials us. */
  dial: (address: Multiaddr, options: { signal: AbortSignal; initiator: boolean }) => Promise<Connection>
  /** Where others may meet us: outer addresses of the shared port, and those that are reached anyway. */
  ownAddresses: () => Multiaddr[]
  /** Whether our router shows each connection under another port, so that nobody can meet us: one attempt will do. */
  unlikely: () => boolean
  clock: Clock
  log: Log
}

/**
 * Turns relayed connections into direct ones (DCUtR). The side to which the relayed connection came in first dials
 * the public addresses of the other one; where it has none, both dial each other's outer addresses at the same time,
 * so that both routers take the other's packets for answers. The relayed connection ends soon after.
 */
export class HolePuncher {
  readonly #init: HolePuncherInit
  readonly #waits = new Map<PeerName, DirectWait>()
  /** Peers to whom we propose to dial each other, and what ends that. */
  readonly #proposing = new Map<PeerName, AbortController>()
  /** Peers that proposed it to us, while we try. */
  readonly #accepting = new Set<PeerName>()
  #running: AbortController | undefined

  constructor(init: HolePuncherInit) {
    this.#init = init
    init.libp2p.addEventListener('peer:identify', ({ detail }) => this.#onIdentity(detail))
    init.libp2p.addEventListener('connection:open', ({ detail }) => {
      if (isDirect(detail)) this.#waits.get(detail.remotePeer.toString())?.connected(detail)
    })
  }

  start(): void {
    this.#running = new AbortController()
    const limits = { maxInboundStreams: 1, maxOutboundStreams: 1, runOnLimitedConnection: true }
    this.#init.libp2p.handle(PUNCH_PROTOCOL, this.#onProposal, limits).catch((error: unknown) => {
      this.#init.log.error({ error }, 'no hole punching')
    })
  }

  async stop(): Promise<void> {
    this.#running?.abort()
    this.#running = undefined
    for (const proposal of this.#proposing.values()) proposal.abort()
    await this.#init.libp2p.unhandle(PUNCH_PROTOCOL)
  }

  /** Waits for a direct connection to the peer of a relayed one; bounded, and never rejects. */
  async direct({ remotePeer }: Connection): Promise<DirectOutcome> {
    const present = this.#directTo(remotePeer)
    if (present !== undefined) return { connection: present }
    const peer = remotePeer.toString()
    const known = this.#waits.get(peer)
    if (known !== undefined) return known.outcome
    const wait = new DirectWait(this.#init.clock)
    this.#waits.set(peer, wait)
    if (this.#proposing.has(peer) || this.#accepting.has(peer)) wait.begun()
    const outcome = await wait.outcome
    this.#waits.delete(peer)
    return outcome
  }

  #directTo(peer: PeerId): Connection | undefined {
    return this.#init.libp2p.getConnections(peer).find(isDirect)
  }

  #onIdentity({ connection, protocols, listenAddrs }: IdentifyResult): void {
    if (isDirect(connection) || connection.status !== 'open') return
    const peer = connection.remotePeer.toString()
    if (!protocols.includes(PUNCH_PROTOCOL)) this.#waits.get(peer)?.over('the other side cannot make any')
    else if (connection.direction === 'inbound') void this.#upgrade(connection, listenAddrs)
  }

  /** We are the side that begins. */
  async #upgrade(relayed: Connection, addresses: readonly Multiaddr[]): Promise<void> {
    const peer = relayed.remotePeer.toString()
    if (this.#directTo(relayed.remotePeer) !== undefined || this.#running === undefined) return
    if (this.#proposing.has(peer) || this.#accepting.has(peer) || this.#isFull) return
    const proposal = new AbortController()
    this.#proposing.set(peer, proposal)
    this.#waits.get(peer)?.begun()
    try {
      await this.#propose(relayed, addresses, proposal.signal)
    } finally {
      this.#proposing.delete(peer)
    }
  }

  async #propose(relayed: Connection, addresses: readonly Multiaddr[], signal: AbortSignal): Promise<void> {
    if (await this.#reverse(relayed, addresses, signal)) return
    const attempts = this.#init.unlikely() ? 1 : PUNCH.attempts
    for (let i = 0; i < attempts && relayed.status === 'open' && !signal.aborted; i++) {
      const propose = (own: AbortSignal): Promise<PunchAppointment> =>
        proposePunch(relayed, this.#ownAddresses(), this.#init.clock, own)
      if (await this.#attempt(relayed, false, signal, propose)) return
    }
    if (!signal.aborted) this.#waits.get(relayed.remotePeer.toString())?.over('no attempt succeeded')
  }

  get #isFull(): boolean {
    return this.#proposing.size + this.#accepting.size >= PUNCH.concurrency
  }

  /** Dials public addresses of the peer, if it says that it has any; answers whether that worked. */
  async #reverse(
    relayed: Connection,
    addresses: readonly Multiaddr[],
    parent: AbortSignal
  ): Promise<boolean> {
    const open = addresses
      .filter((address) => !isRelayed(address) && reachOf(address) === 'public')
      .slice(0, PUNCH.maxAddresses)
      .map((address) => withPeer(address, relayed.remotePeer))
    if (open.length === 0) return false
    const bounded = boundedSignal(parent, PUNCH.reversalTimeout)
    try {
      const connection = await this.#init.libp2p.dial(open, { signal: bounded.signal, force: true })
      this.#succeeded(relayed, connection)
      return true
    } catch (error) {
      this.#init.log.debug(
        { peer: relayed.remotePeer.toString(), error: reasonOf(error) },
        'dialling back did not work'
      )
      return false
    } finally {
      bounded.release()
    }
  }

  readonly #onProposal = async (stream: Stream, relayed: Connection): Promise<void> => {
    const peer = relayed.remotePeer.toString()
    const running = this.#running?.signal
    // On a direct connection there is nothing to gain, and nobody may make us dial around without a relay's effort.
    if (running === undefined || isDirect(relayed) || !this.#mayAccept(relayed.remotePeer))
      return stream.abort(punchFailed('not now'))
    this.#accepting.add(peer)
    this.#waits.get(peer)?.begun()
    try {
      const accept = (signal: AbortSignal): Promise<PunchAppointment> =>
        acceptPunch(stream, this.#ownAddresses(), signal)
      if (!(await this.#attempt(relayed, true, running, accept)))
        stream.abort(punchFailed('this attempt did not work'))
    } finally {
      this.#accepting.delete(peer)
    }
  }

  /** Where both propose at the same time, over two relayed connections, the proposal of the smaller id counts. */
  #mayAccept(other: PeerId): boolean {
    const peer = other.toString()
    if (this.#accepting.has(peer) || this.#isFull) return false
    const own = this.#proposing.get(peer)
    if (own === undefined) return true
    if (this.#init.libp2p.peerId.toString() < peer) return false
    own.abort()
    return true
  }

  async #attempt(
    relayed: Connection,
    initiator: boolean,
    parent: AbortSignal,
    arrange: (signal: AbortSignal) => Promise<PunchAppointment>
  ): Promise<boolean> {
    const { clock, log } = this.#init
    const peer = relayed.remotePeer.toString()
    const bounded = boundedSignal(parent, PUNCH.attemptTimeout)
    try {
      const { addresses, wait } = await arrange(bounded.signal)
      await new Promise<void>((resolve) => clock.after(wait, resolve))
      const dial = (address: Multiaddr, signal: AbortSignal): Promise<Connection> =>
        this.#init.dial(withPeer(address, relayed.remotePeer), { signal, initiator })
      this.#succeeded(relayed, await punchDial(addresses, dial, clock, bounded.signal))
      return true
    } catch (error) {
      const text = reasonOf(error)
      log.debug({ peer, initiator, text }, 'no direct connection yet')
      if (this.#directTo(relayed.remotePeer) !== undefined) return true
      // Called off for the other side's proposal: that one's outcome counts.
      if (parent.aborted) return false
      const known = this.#waits.get(peer)
      if (this.#init.unlikely()) known?.over(`${text} (the router shows each connection under another port)`)
      else known?.failed(text)
      return false
    } finally {
      bounded.release()
    }
  }

  #succeeded(relayed: Connection, direct: Connection): void {
    const { clock, log } = this.#init
    const address = direct.remoteAddr.toString()
    log.info({ peer: direct.remotePeer.toString(), address }, 'direct connection instead of a relayed one')
    clock.after(PUNCH.keepRelayed, () => {
      if (direct.status === 'open') relayed.close().catch((error: Error) => relayed.abort(error))
    })
  }

  #ownAddresses(): Multiaddr[] {
    const own = this.#init.ownAddresses().slice(0, PUNCH.maxAddresses)
    if (own.length === 0) throw punchFailed('nobody has told this node its outer address yet')
    return own
  }
}

/** Whether a connection leads to the peer without a relay. */
function isDirect({ remoteAddr, limits, status }: Connection): boolean {
  return status === 'open' && limits === undefined && !isRelayed(remoteAddr)
}

function withPeer(address: Multiaddr, peer: PeerId): Multiaddr {
  return multiaddr(`${withoutPeer(address).toString()}/p2p/${peer.toString()}`)
}
