import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromPublicKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '@p2pshare/base'
import type { SignedAddresses } from '@p2pshare/ports'
import { WIRE_LIMITS } from '@p2pshare/wire'
import { equals } from 'uint8arrays/equals'
import { PEER_RECORD } from '../limits/index.ts'
import { hostOf, isLoopbackHost, isRelayed, withoutPeer } from './address-scope.ts'
import { reachOf } from './record-addresses.ts'

/** Signs where this node can be reached, once for each set of addresses (libp2p RFC 0002, 0003). */
export class OwnRecords {
  readonly #key: PrivateKey
  readonly #addresses: () => readonly Multiaddr[]
  readonly #clock: Pick<Clock, 'wallTime'>
  readonly #sealed = new Map<'lan' | 'public', { of: string; record: Promise<Uint8Array> }>()
  #sequence = 0n

  /**
   * @param addresses - where this node can be dialled now
   * @param clock - sequence numbers are wall times, so that those of a restarted node are higher
   */
  constructor(key: PrivateKey, addresses: () => readonly Multiaddr[], clock: Pick<Clock, 'wallTime'>) {
    this.#key = key
    this.#addresses = addresses
    this.#clock = clock
  }

  /** Our record for these readers; undefined without an address for them. */
  async own(audience: 'lan' | 'public'): Promise<Uint8Array | undefined> {
    const chosen = this.#chosen(audience)
    if (chosen.length === 0) return undefined
    const of = chosen.join(' ')
    const present = this.#sealed.get(audience)
    if (present?.of === of) return present.record
    const record = this.#seal(chosen)
    this.#sealed.set(audience, { of, record })
    return record
  }

  async #seal(multiaddrs: Multiaddr[]): Promise<Uint8Array> {
    const now = BigInt(Math.floor(this.#clock.wallTime()))
    this.#sequence = now > this.#sequence ? now : this.#sequence + 1n
    const record = new PeerRecord({
      peerId: peerIdFromPrivateKey(this.#key),
      multiaddrs,
      seqNumber: this.#sequence
    })
    return (await RecordEnvelope.seal(record, this.#key)).marshal()
  }

  /**
   * Widest reach first, then over relays: loopback helps only this machine, so it must not crowd out the others. The
   * node itself has addresses at relays only while nobody reaches it otherwise.
   */
  #chosen(audience: 'lan' | 'public'): Multiaddr[] {
    const usable = this.#addresses()
      .map((address) => ({ address: withoutPeer(address), reach: reachOf(address) }))
      .filter(({ reach }) => reach === 'public' || (reach === 'lan' && audience === 'lan'))
      .map(({ address, reach }) => ({ address, rank: rankOf(address, reach) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ address }) => address)
    const different = new Map(usable.map((address) => [address.toString(), address]))
    return [...different.values()].slice(0, PEER_RECORD.maxAddresses)
  }
}

/**
 * Checks a signed peer record from the wire: size, signature, payload type, that the key is the
 * named peer's, number of addresses. Addresses that must not be dialled on another's word are left out.
 * @returns undefined when anything is wrong, or no address is left
 */
export async function openPeerRecord(bytes: Uint8Array): Promise<SignedAddresses | undefined> {
  if (bytes.byteLength > WIRE_LIMITS.peerRecord) return undefined
  try {
    const envelope = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN)
    // The envelope's framing is not signed: one way to write it leaves no room for additions on the way.
    if (!equals(envelope.payloadType, PeerRecord.CODEC) || !equals(envelope.marshal(), bytes))
      return undefined
    const { peerId, multiaddrs, seqNumber } = PeerRecord.createFromProtobuf(envelope.payload)
    if (!peerIdFromPublicKey(envelope.publicKey).equals(peerId)) return undefined
    if (multiaddrs.length > PEER_RECORD.maxAddresses) return undefined
    const usable = multiaddrs.filter((address) => reachOf(address) !== undefined)
    if (usable.length === 0) return undefined
    return {
      peer: peerId.toString(),
      addresses: usable.map((address) => withoutPeer(address).toString()),
      hasPrivate: multiaddrs.some((address) => reachOf(address) !== 'public'),
      sequence: seqNumber
    }
  } catch {
    // Bytes of a stranger: whatever is wrong with them, they say nothing.
    return undefined
  }
}

function rankOf(address: Multiaddr, reach: 'public' | 'lan' | undefined): number {
  if (reach === 'public') return isRelayed(address) ? 1 : 0
  return isLoopback(address) ? 3 : 2
}

function isLoopback(address: Multiaddr): boolean {
  const host = hostOf(address)
  return host !== undefined && isLoopbackHost(host)
}
