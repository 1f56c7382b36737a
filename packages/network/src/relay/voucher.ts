import type { PeerId, PrivateKey, Record } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { concat } from 'uint8arrays/concat'
import { bytesField, varintField } from '../dht/protobuf.ts'

/** The relay's signed word that it keeps a place for a peer; nobody has to show it yet. */
class Voucher implements Record {
  readonly domain = 'libp2p-relay-rsvp'
  /** Multicodec `libp2p-relay-rsvp` as a two-byte varint, as everybody writes it. */
  readonly codec: Uint8Array = Uint8Array.of(0x03, 0x02)
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  marshal(): Uint8Array {
    return this.#bytes
  }

  equals(other: Record): boolean {
    return other === this
  }
}

/**
 * Signs a reservation voucher (circuit relay v2).
 * @param expire - Unix time, whole seconds
 * @returns a signed envelope
 */
export async function signVoucher(key: PrivateKey, peer: PeerId, expire: number): Promise<Uint8Array> {
  const relay = peerIdFromPrivateKey(key)
  const payload = concat([
    bytesField(1, relay.toMultihash().bytes),
    bytesField(2, peer.toMultihash().bytes),
    varintField(3, expire)
  ])
  return (await RecordEnvelope.seal(new Voucher(payload), key)).marshal()
}
