import type { IdentifyResult, Libp2p } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Clock, Rng } from '@p2pshare/base'
import type { AddressCondition, Log } from '@p2pshare/ports'
import { hostBlock, hostOf, isPublicHost } from '../node/address-scope.ts'
import { withoutPeer } from '../node/address-scope.ts'
import { AddressBook } from './address-book.ts'
import { DialBackClient } from './autonat/dial-back-client.ts'
import { DialBackServer } from './autonat/dial-back-server.ts'
import { DIAL_REQUEST } from './autonat/message.ts'
import type { ExactTransport } from './node-parts.ts'
import { ObservedHosts } from './observed-hosts.ts'
import { publicHostOf, publicTcp, tcpAddress } from './public-host.ts'
import { Verifier } from './verifier.ts'

/** What {@link Reachability} stands on. */
export interface ReachabilityInit {
  libp2p: Libp2p
  transport: ExactTransport
  /** Addresses that the user says are ours. */
  configured: readonly string[]
  /** `/ip4/…/tcp/…` that a router maps to us. */
  mapped: () => string | undefined
  clock: Clock
  rng: Rng
  log: Log
}

/** Ports of ours that an observed host is combined with. */
const MAX_PORTS = 2

/**
 * Finds out which public addresses of this node work, and has those told to others that do: what it listens on, what
 * a router maps, and hosts that others see us at, each once it was dialled from outside. Others are helped likewise.
 */
export class Reachability {
  readonly #init: ReachabilityInit
  readonly #book = new AddressBook()
  readonly #observed = new ObservedHosts()
  readonly #client: DialBackClient
  readonly #server: DialBackServer
  readonly #verifier: Verifier
  #told = ''

  constructor(init: ReachabilityInit) {
    this.#init = init
    const { libp2p, transport, clock, rng } = init
    this.#client = new DialBackClient(libp2p)
    this.#server = new DialBackServer({ libp2p, transport, clock, rng })
    this.#verifier = new Verifier({
      libp2p,
      client: this.#client,
      book: this.#book,
      clock,
      refresh: () => this.#refresh(),
      onLook: () => this.#tell()
    })
    libp2p.addEventListener('peer:identify', (event) => this.#identified(event.detail))
    libp2p.addEventListener('peer:disconnect', (event) => this.#verifier.removeServer(event.detail))
  }

  start(): void {
    this.#client.start()
    this.#server.start()
    this.#verifier.start()
  }

  async stop(): Promise<void> {
    await this.#verifier.stop()
    await Promise.all([this.#client.stop(), this.#server.stop()])
  }

  /** The router's mapping, or our own addresses, have changed. */
  changed(): void {
    this.#refresh()
    this.#tell()
    void this.#verifier.look()
  }

  /** What libp2p would tell of our addresses, and those that were found to work. */
  announced(addresses: readonly Multiaddr[]): Multiaddr[] {
    const self = `/p2p/${this.#init.libp2p.peerId.toString()}`
    const known = new Set(addresses.map((address) => withoutPeer(address).toString()))
    const found = this.#book.verified(this.#init.clock.now()).filter((address) => !known.has(address))
    return [...found.map((address) => multiaddr(address).encapsulate(self)), ...addresses]
  }

  /** Public addresses that may be ours, and what is known of them. */
  conditions(): AddressCondition[] {
    return this.#book.conditions(this.#init.clock.now())
  }

  #identified({ connection, observedAddr, protocols, peerId }: IdentifyResult): void {
    const host = publicHostOf(connection)
    if (host === undefined) return
    if (protocols.includes(DIAL_REQUEST)) this.#verifier.addServer(peerId)
    const seen = observedAddr === undefined ? undefined : hostOf(observedAddr)
    if (seen !== undefined && isPublicHost(seen) && seen !== host) this.#observed.note(seen, hostBlock(host))
  }

  /** Candidates as they are now. */
  #refresh(): void {
    const mapped = this.#init.mapped()
    const listening = this.#init.transport.listening().map(String)
    this.#book.offer('configured', this.#init.configured.filter(isPublic).map(bare))
    this.#book.offer('mapped', mapped === undefined ? [] : [mapped])
    this.#book.offer('listen', listening.filter(isPublic).map(bare))
    this.#book.offer('observed', this.#guesses(listening, mapped))
  }

  /** Observed hosts with the ports that we listen on, or that are mapped: somebody may forward them. */
  #guesses(listening: readonly string[], mapped: string | undefined): string[] {
    return this.#observed.likely().flatMap((host) => {
      const family = host.includes(':') ? 'ip6' : 'ip4'
      const own = [...(mapped === undefined ? [] : [mapped]), ...listening]
      const ports = own.filter((address) => address.startsWith(`/${family}/`)).map(portOf)
      return [...new Set(ports)].slice(0, MAX_PORTS).map((port) => tcpAddress(host, port))
    })
  }

  /** Lets libp2p, and with it the DHT and connected peers, know when the set of working addresses has changed. */
  #tell(): void {
    const verified = this.#book.verified(this.#init.clock.now()).join(' ')
    if (verified === this.#told) return
    this.#told = verified
    const { libp2p, log } = this.#init
    log.info({ addresses: verified }, 'addresses that work from outside')
    const multiaddrs = libp2p.getMultiaddrs().map(withoutPeer)
    libp2p.peerStore.patch(libp2p.peerId, { multiaddrs }).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'new addresses could not be told')
    })
  }
}

const isPublic = (address: string): boolean => publicTcp(address) !== undefined
const bare = (address: string): string => withoutPeer(multiaddr(address)).toString()
const portOf = (address: string): string => address.split('/')[4] ?? ''
