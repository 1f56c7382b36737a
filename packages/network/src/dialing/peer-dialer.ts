import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { CancelTimer, Clock } from '@p2pshare/base'
import { CONNECTIONS, DIALING } from '../limits/index.ts'
import { hostOf, isLanHost, isLoopbackHost, isRelayed } from '../node/address-scope.ts'
import { AddressRace } from './address-race.ts'
import { DialsFailedError } from './dial-failure.ts'
import { type DialInternals, dialInternals, type DialJob } from './dial-internals.ts'
import { dialOrder } from './dial-order.ts'
import { isNamed, type NameResolver } from './name-resolver.ts'

/** What dialling needs besides the node. */
export interface PeerDialerInit {
  names: NameResolver
  /** Whether a private host lies in a subnet of this machine. */
  near: (host: string) => boolean
  clock: Clock
}

/**
 * Makes every dial of a node try the addresses of its peer side by side. libp2p's queue goes on to join dials to one
 * peer, to bound their number and to know connections; only what one job does is ours: libp2p would dial one
 * address after the other, three seconds each, and wait for DNS before the first.
 */
export function dialSideBySide(libp2p: Libp2p, init: PeerDialerInit): void {
  const parts = dialInternals(libp2p)
  const dialer = new PeerDialer(parts, init)
  parts.connectionManager.dialQueue.dialPeer = (job, signal) => dialer.dial(job, signal)
}

/** Dials one peer at all its addresses. */
class PeerDialer {
  readonly #parts: DialInternals
  readonly #init: PeerDialerInit

  constructor(parts: DialInternals, init: PeerDialerInit) {
    this.#parts = parts
    this.#init = init
  }

  /** @throws DialsFailedError, DialDeniedError, NoValidAddressesError or whatever `signal` was aborted with */
  async dial(job: DialJob, signal: AbortSignal): Promise<Connection> {
    const { peerId } = job
    if (peerId !== undefined) await this.#checkPeer(peerId)
    const known = await this.#knownAddresses(job, signal)
    const { onProgress } = job
    const race = new AddressRace({
      dial: (address, own) =>
        this.#parts.transportManager.dial(multiaddr(address), {
          signal: own,
          ...(onProgress === undefined ? {} : { onProgress })
        }),
      clock: this.#init.clock,
      limits: DIALING,
      timeouts: { direct: CONNECTIONS.addressDialTimeout, relayed: CONNECTIONS.dialTimeout }
    })
    const onAbort = (): void => race.end()
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) race.end()
    // Names are looked up for as long as the race runs.
    const looking = new AbortController()
    const feeding = this.#feed(race, known, job.peerId, looking.signal).then(() => race.complete())
    const stopWatching = this.#watchJoiners(race, job, looking.signal)
    try {
      const winner = await race.winner
      if (winner === undefined) throw await this.#lost(race, feeding, known, signal)
      await this.#remember(winner)
      return winner
    } finally {
      looking.abort()
      stopWatching()
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #checkPeer(peer: PeerId): Promise<void> {
    if (this.#parts.peerId.equals(peer)) throw named('DialError', 'tried to dial ourselves')
    if ((await this.#parts.connectionGater.denyDialPeer?.(peer)) === true)
      throw named('DialDeniedError', 'the peer is not admitted here')
  }

  /** The addresses that were asked for, else those that we remember, else those that the DHT tells. */
  async #knownAddresses(job: DialJob, signal: AbortSignal): Promise<Multiaddr[]> {
    const given = takeAddresses(job)
    const { peerId } = job
    if (given.length > 0 || peerId === undefined) return given
    // NotFoundError: nothing is remembered, which is an answer.
    const peer = await this.#parts.peerStore.get(peerId).catch(() => undefined)
    const remembered = peer?.addresses.map(({ multiaddr: address }) => address) ?? []
    if (remembered.length > 0) return remembered
    try {
      return (await this.#parts.peerRouting.findPeer(peerId, { signal })).multiaddrs
    } catch (error) {
      signal.throwIfAborted()
      throw named('NoValidAddressesError', 'no address of the peer is known', error)
    }
  }

  /** Gives the race addresses, those with names as they become known. */
  async #feed(
    race: AddressRace,
    addresses: readonly Multiaddr[],
    peer: PeerId | undefined,
    signal: AbortSignal
  ): Promise<void> {
    const usable = await this.#allowed(addresses, peer, race)
    const literal = usable.filter((address) => !isNamed(address))
    race.add(dialOrder(literal, this.#init.near))
    await Promise.all(usable.filter(isNamed).map((address) => this.#look(race, address, peer, signal)))
  }

  /** Whoever wants the same peer meanwhile brings its own addresses; the answer ends looking for them. */
  #watchJoiners(race: AddressRace, job: DialJob, signal: AbortSignal): () => void {
    const look = (): CancelTimer =>
      this.#init.clock.after(DIALING.stagger, () => {
        const more = takeAddresses(job)
        if (more.length > 0) void this.#feed(race, more, job.peerId, signal)
        cancel = look()
      })
    let cancel = look()
    return () => cancel()
  }

  async #look(
    race: AddressRace,
    address: Multiaddr,
    peer: PeerId | undefined,
    signal: AbortSignal
  ): Promise<void> {
    try {
      const found = await this.#init.names.resolve(address, signal)
      // A name of a stranger's may lead into our LAN on purpose, and to this machine's own services.
      const there = found.filter((each) => {
        const host = hostOf(each)
        return host === undefined || !isLanHost(host) || this.#init.near(host)
      })
      if (found.length > there.length)
        race.note({
          address: address.toString(),
          error: named('DialDeniedError', 'its name leads into a LAN')
        })
      race.add(dialOrder(await this.#allowed(there, peer, race), this.#init.near))
    } catch (error) {
      if (!signal.aborted) race.note({ address: address.toString(), error })
    }
  }

  /** Those that the gater allows and a transport can dial, each ending in the peer's id. */
  async #allowed(
    addresses: readonly Multiaddr[],
    peer: PeerId | undefined,
    race: AddressRace
  ): Promise<Multiaddr[]> {
    const out: Multiaddr[] = []
    for (const address of addresses.slice(0, MOST_LOOKED_AT)) {
      const named_ = ofPeer(address, peer)
      if (named_ === undefined) continue
      if (!isNamed(named_) && this.#parts.transportManager.dialTransportForMultiaddr(named_) === undefined)
        continue
      if ((await this.#parts.connectionGater.denyDialMultiaddr?.(named_)) === true)
        race.note({ address: named_.toString(), error: named('DialDeniedError', 'outside this network') })
      else out.push(named_)
    }
    return out
  }

  async #lost(
    race: AddressRace,
    feeding: Promise<void>,
    known: readonly Multiaddr[],
    signal: AbortSignal
  ): Promise<unknown> {
    if (signal.aborted) return signal.reason
    await feeding
    const { failed } = race
    if (failed.length === 0)
      return named('NoValidAddressesError', 'no address of the peer can be dialled from here')
    if (failed.every(({ error }) => (error as Error).name === 'DialDeniedError')) return failed[0]?.error
    return new DialsFailedError(failed, this.#hidden(known))
  }

  /** Whether the peer is told of only behind a relay, or in a LAN that is not ours. */
  #hidden(known: readonly Multiaddr[]): boolean {
    return known.every((address) => {
      const host = hostOf(address)
      return (
        isRelayed(address) ||
        (host !== undefined && isLanHost(host) && !isLoopbackHost(host) && !this.#init.near(host))
      )
    })
  }

  /** The address works: it comes first the next time. */
  async #remember(connection: Connection): Promise<void> {
    const { peerStore } = this.#parts
    await peerStore
      .merge(connection.remotePeer, { multiaddrs: [connection.remoteAddr] })
      // A full disk is no reason to lose a connection.
      .catch(() => undefined)
  }
}

/** Addresses of one batch that are looked at, whatever a record holds. */
const MOST_LOOKED_AT = 64

function takeAddresses({ multiaddrs }: DialJob): Multiaddr[] {
  const texts = [...multiaddrs]
  multiaddrs.clear()
  return texts.map((text) => multiaddr(text))
}

/** The address with the peer's id at its end; undefined when it names another peer. */
function ofPeer(address: Multiaddr, peer: PeerId | undefined): Multiaddr | undefined {
  if (peer === undefined) return address
  const last = address.getComponents().at(-1)
  if (last?.name !== 'p2p') return address.encapsulate(`/p2p/${peer.toString()}`)
  return last.value === peer.toString() ? address : undefined
}

/** An error that libp2p's callers know by its name. */
class NamedError extends Error {
  override readonly name: string

  constructor(name: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = name
  }
}

function named(name: string, message: string, cause?: unknown): NamedError {
  return new NamedError(name, message, cause)
}
