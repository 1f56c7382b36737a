import type { PeerName } from '@p2pshare/ports'
import { hostBlock, isPublicHost } from '../../node/address-scope.ts'

/** Somebody whose records we keep. */
export interface Announcer {
  /** Never used again for another peer while the node's store lives: rows on disk name it. */
  readonly id: number
  readonly peer: PeerName
  /** Records held. */
  count: number
  /** Hash of its addresses, to see that they changed. */
  print: number
  /** Where it announced from last. */
  host: Host
}

/** All announcers of one address block: an IPv4 address, an IPv6 /56. */
export interface Host {
  readonly name: string
  readonly net: Net
  /** In the order in which they came. */
  readonly members: Set<Announcer>
  count: number
}

/** All hosts of one network: a public /24 or IPv6 /48; in a LAN each host is its own. */
interface Net {
  readonly name: string
  readonly hosts: Map<string, Host>
  members: number
  count: number
}

/** The block of an announcer that is not seen at an address of its own (a relay's other end). */
export const NO_HOST = '?'

/**
 * Who announced how much, in a tree of networks, hosts and announcers, so that neither many peers of one
 * address nor many addresses of one network weigh less than one peer that sends as much. Pure.
 */
export class AnnouncerBook {
  readonly #byId = new Map<number, Announcer>()
  readonly #byPeer = new Map<PeerName, Announcer>()
  readonly #nets = new Map<string, Net>()
  #total = 0
  #nextId = 1

  /** Records of all. */
  get total(): number {
    return this.#total
  }

  /** Announcers with an entry. */
  get size(): number {
    return this.#byId.size
  }

  /** The id that the next new announcer gets; set at start to what the store says. */
  get nextId(): number {
    return this.#nextId
  }

  startIdsAt(id: number): void {
    this.#nextId = Math.max(this.#nextId, id)
  }

  all(): Iterable<Announcer> {
    return this.#byId.values()
  }

  byId(id: number): Announcer | undefined {
    return this.#byId.get(id)
  }

  byPeer(peer: PeerName): Announcer | undefined {
    return this.#byPeer.get(peer)
  }

  /** A new announcer without records. */
  add(peer: PeerName, block: string, id = this.#nextId): Announcer {
    this.startIdsAt(id + 1)
    const announcer: Announcer = { id, peer, count: 0, print: 0, host: this.#host(block) }
    this.#byId.set(id, announcer)
    this.#byPeer.set(peer, announcer)
    this.#join(announcer, announcer.host)
    return announcer
  }

  /** It announces from elsewhere now, with all it has. */
  move(announcer: Announcer, block: string): void {
    if (announcer.host.name === block) return
    this.#leave(announcer)
    this.#join(announcer, this.#host(block))
  }

  /** It has so many records more, or fewer. */
  count(announcer: Announcer, by: number): void {
    announcer.count += by
    announcer.host.count += by
    announcer.host.net.count += by
    this.#total += by
  }

  /** Forgets it; its records count no more. */
  forget(announcer: Announcer): void {
    this.#total -= announcer.count
    this.#leave(announcer)
    this.#byId.delete(announcer.id)
    this.#byPeer.delete(announcer.peer)
  }

  /** Records of the heaviest network. */
  get weight(): number {
    return most(this.#nets.values(), (each) => each.count)?.count ?? 0
  }

  /**
   * Of the heaviest host of the heaviest network: all announcers that have at least half as much as its heaviest,
   * longest known first. Without sorting, since a host may have tens of thousands.
   */
  heaviest(): Announcer[] {
    const net = most(this.#nets.values(), (each) => each.count)
    const host = net === undefined ? undefined : most(net.hosts.values(), (each) => each.count)
    const top = host === undefined ? undefined : most(host.members, (each) => each.count)
    const enough = (top?.count ?? 0) / 2
    return [...(host?.members ?? [])].filter((each) => each.count >= enough)
  }

  /** Up to `limit` announcers of the host with most of them in the network with most of them, longest known first. */
  mostCrowded(limit: number): Announcer[] {
    const net = most(this.#nets.values(), (each) => each.members)
    const host = net === undefined ? undefined : most(net.hosts.values(), (each) => each.members.size)
    const out: Announcer[] = []
    for (const announcer of host?.members ?? []) if (out.push(announcer) >= limit) break
    return out
  }

  #join(announcer: Announcer, host: Host): void {
    announcer.host = host
    host.members.add(announcer)
    host.count += announcer.count
    host.net.members++
    host.net.count += announcer.count
  }

  #leave(announcer: Announcer): void {
    const { host } = announcer
    host.members.delete(announcer)
    host.count -= announcer.count
    host.net.members--
    host.net.count -= announcer.count
    if (host.members.size === 0) host.net.hosts.delete(host.name)
    if (host.net.members === 0) this.#nets.delete(host.net.name)
  }

  #host(block: string): Host {
    const netName = netOf(block)
    const net = this.#nets.get(netName) ?? { name: netName, hosts: new Map(), members: 0, count: 0 }
    this.#nets.set(netName, net)
    const host = net.hosts.get(block) ?? { name: block, net, members: new Set(), count: 0 }
    net.hosts.set(block, host)
    return host
  }
}

/** The block in which an announcer is counted, from the IP literal of its connection. */
export function announcerBlock(host: string | undefined): string {
  return host === undefined ? NO_HOST : hostBlock(host)
}

/** The network of a block: /24 or /48 of the internet; a LAN's block is its own, since all there share a /24. */
function netOf(block: string): string {
  if (block.includes('.')) return isPublicHost(block) ? block.slice(0, block.lastIndexOf('.')) : block
  // Hexadecimal digits of an IPv6 /56; unique local, link-local and loopback ones are of a LAN.
  return /^(f[cde]|0000)/.test(block) || block === NO_HOST ? block : block.slice(0, 12)
}

function most<T>(items: Iterable<T>, of: (item: T) => number): T | undefined {
  let best: T | undefined
  for (const item of items) if (best === undefined || of(item) > of(best)) best = item
  return best
}
