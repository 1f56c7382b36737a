import { type Millis, millis } from '@p2pshare/base'

/** A peer that takes part in the share on a link of ours. */
export interface ExchangePeer {
  readonly peer: string
  /** Its link lies within our LAN. */
  readonly lan: boolean
  /** Multiaddr of the other end of its link. */
  readonly remoteAddress: string
}

/** A signed record whose signature was checked. */
export interface ExchangeRecord {
  readonly peer: string
  /** Multiaddrs as text. */
  readonly addresses: readonly string[]
  /** Names more than hosts of the internet. */
  readonly hasPrivate: boolean
  readonly sequence: bigint
  /** The record as its owner sealed it; kept, and not changed. */
  readonly bytes: Uint8Array
}

/** A kind of record: for the LAN, or for everyone. A peer of a LAN may have one of each. */
export type RecordKind = 'private' | 'public'

/** What we know of a member, and what it knows from us. */
export interface Member extends ExchangePeer {
  /** What it says of itself, to be passed on. */
  readonly own: Map<RecordKind, ExchangeRecord>
  /** What we told it, by `peer kind`: the records' numbers. */
  readonly told: Map<string, bigint>
  /** Our own records as last told to it. */
  toldOwn: readonly Uint8Array[]
  /** When it may be told next; the first time is at once. */
  next: Millis
  /** State of the members' records at which nothing more was to be told to it. */
  seen: number
  /** Whether the greeting with our own record is behind it. */
  greeted: boolean
}

/** A member that has just joined. */
export function newMember(peer: ExchangePeer, now: Millis): Member {
  const { peer: name, lan, remoteAddress } = peer
  return {
    peer: name,
    lan,
    remoteAddress,
    own: new Map(),
    told: new Map(),
    toldOwn: [],
    next: millis(now),
    seen: -1,
    greeted: false
  }
}

/**
 * Whether a record names the host that its owner really has: the one that its link comes from. So
 * a peer cannot send the swarm to somebody else's door by our word.
 */
export function namesItsHost(record: ExchangeRecord, remoteAddress: string): boolean {
  const host = hostPart(remoteAddress)
  return record.addresses.some((address) => hostPart(address) === host)
}

/** The protocol and value that a multiaddr begins with, `ip4/192.0.2.1`. */
function hostPart(address: string): string {
  return address.split('/', 3).slice(1).join('/')
}
