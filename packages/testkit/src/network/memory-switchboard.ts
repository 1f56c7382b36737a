import { type Rng, ShareError } from '@p2pshare/base'
import type {
  NetworkCondition,
  PeerAddress,
  PeerInfo,
  PeerLink,
  PeerName,
  PeerNetwork,
  Relaying,
  SignedAddresses
} from '@p2pshare/ports'
import { linkPair, type MemoryLink } from './memory-link.ts'
import { openMemoryRecord, sealMemoryRecord } from './memory-record.ts'
import { noRelaying } from './no-relaying.ts'
import { unknownCondition } from './unknown-condition.ts'

function networkError(code: string, message: string): ShareError {
  return new ShareError({ code: `network.${code}`, fault: 'network', message, hint: 'Try again later.' })
}

/** Where peers are that anybody can dial; every other place is a LAN that only its own peers can dial into. */
export const INTERNET = 'internet'

/** Connects the networks of several peers in one process; addresses are `/memory/<peer>/p2p/<peer>`. */
export class MemorySwitchboard {
  readonly #peers = new Map<PeerName, MemoryNetwork>()
  readonly #rng: Rng | undefined

  /** @param rng - cuts all bytes at random places; whole writes without it */
  constructor(rng?: Rng) {
    this.#rng = rng
  }

  /**
   * A new peer; reachable once it has started.
   * @param place - {@link INTERNET} or the name of a LAN
   */
  join(peer: PeerName, place = 'lan'): MemoryNetwork {
    const network = new MemoryNetwork(peer, (target) => this.#peers.get(target), this.#rng, place)
    this.#peers.set(peer, network)
    return network
  }
}

/** The PeerNetwork of one peer on a {@link MemorySwitchboard}. */
export class MemoryNetwork implements PeerNetwork {
  readonly relaying: Relaying = noRelaying()
  readonly self: PeerName
  readonly #find: (peer: PeerName) => MemoryNetwork | undefined
  readonly #rng: Rng | undefined
  readonly #place: string
  readonly #links = new Map<PeerName, MemoryLink>()
  #ownRecord: Uint8Array | undefined
  #take: ((link: PeerLink) => void) | undefined
  #admits: (peer: PeerName) => boolean = () => true
  #running = false

  constructor(
    self: PeerName,
    find: (peer: PeerName) => MemoryNetwork | undefined,
    rng: Rng | undefined,
    place: string
  ) {
    this.self = self
    this.#find = find
    this.#rng = rng
    this.#place = place
  }

  addresses(): string[] {
    return this.#running ? [`/memory/${this.self}/p2p/${this.self}`] : []
  }

  async link(target: PeerAddress, signal: AbortSignal): Promise<PeerLink> {
    if (signal.aborted) throw networkError('aborted', `connecting to ${target.peer} was given up`)
    const present = this.#links.get(target.peer)
    if (present !== undefined) return present
    const other = this.#find(target.peer)
    if (!this.#admits(target.peer)) throw networkError('banned', `${target.peer} is not admitted here`)
    if (other === undefined || !this.#running || !this.#reaches(other) || !other.#admits(this.self)) {
      throw networkError('dial-failed', `${target.peer} could not be reached`)
    }
    const names = [this.self, other.self] as const
    const lan = this.#place === other.#place && this.#place !== INTERNET
    const { near, far } = linkPair({ names, lan, ...(this.#rng && { rng: this.#rng }), onEnded: forget })
    function forget(link: MemoryLink): void {
      for (const { links, key } of homes) if (links.get(key) === link) links.delete(key)
    }
    const homes = [
      { links: this.#links, key: other.self },
      { links: other.#links, key: this.self }
    ]
    this.#adopt(near)
    other.#adopt(far)
    return near
  }

  async connect(address: string, signal: AbortSignal): Promise<PeerName> {
    const peer = address.split('/p2p/')[1] ?? ''
    if (signal.aborted) throw networkError('aborted', `connecting to ${address} was given up`)
    const other = this.#find(peer)
    if (other === undefined || !this.#reaches(other))
      throw networkError('dial-failed', `${address} could not be reached`)
    return peer
  }

  onLink(take: (link: PeerLink) => void): void {
    this.#take = take
  }

  /** Here nobody counts connections. */
  setWorth(): void {}

  setAdmission(admits: (peer: PeerName) => boolean): void {
    this.#admits = admits
  }

  async disconnect(peer: PeerName): Promise<void> {
    this.#links.get(peer)?.close('banned')
  }

  peers(): PeerInfo[] {
    return [...this.#links.values()].map(({ peer, remoteAddress: address, inbound, relayed, agent }) => ({
      peer,
      address,
      inbound,
      relayed,
      encryption: 'noise',
      agent
    }))
  }

  neighbours(): PeerName[] {
    return [...this.#links.keys()]
  }

  discovered(): { on: boolean; peers: PeerName[] } {
    return { on: false, peers: [] }
  }

  acceptsHint(address: string): boolean {
    return !address.includes('/elsewhere/')
  }

  condition(): NetworkCondition {
    return unknownCondition()
  }

  async ownRecord(audience: 'lan' | 'public'): Promise<Uint8Array | undefined> {
    const isPrivate = this.#place !== INTERNET
    if (!this.#running || (isPrivate && audience === 'public')) return undefined
    const addresses = this.addresses()
    this.#ownRecord ??= sealMemoryRecord({
      peer: this.self,
      addresses,
      hasPrivate: isPrivate,
      sequence: 1n
    })
    return this.#ownRecord
  }

  async openRecord(record: Uint8Array): Promise<SignedAddresses | undefined> {
    return openMemoryRecord(record)
  }

  async start(): Promise<void> {
    this.#running = true
  }

  async stop(): Promise<void> {
    this.#running = false
    for (const link of [...this.#links.values()]) link.close('shutting-down')
  }

  /** All links break and nothing is reachable any more, without a goodbye. */
  crash(): void {
    this.#running = false
    for (const link of [...this.#links.values()]) link.crash()
  }

  #reaches(other: MemoryNetwork): boolean {
    return other.#running && (other.#place === INTERNET || other.#place === this.#place)
  }

  #adopt(link: MemoryLink): void {
    this.#links.set(link.peer, link)
    this.#take?.(link)
  }
}
