import { concat } from 'uint8arrays/concat'
import { DHT_MESSAGE } from '../limits/index.ts'
import { bytesField, type Field, lastBytes, lastVarint, readFields, varintField } from './protobuf.ts'

/** Message kinds of the Kademlia DHT, by their number on the wire (libp2p specs, kad-dht). */
const TYPES = ['PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING'] as const

/** Kind of a {@link KadMessage}. */
export type KadMessageType = (typeof TYPES)[number]

/** A peer as it travels in DHT messages: multihash of the peer id and binary multiaddrs, both unchecked. */
export interface KadPeerRecord {
  id: Uint8Array
  multiaddrs: Uint8Array[]
}

/** A message of the Kademlia DHT protocol without value records, which this project refuses. */
export interface KadMessage {
  type: KadMessageType
  /** Multihash of the content, or of the peer looked for. */
  key?: Uint8Array
  closer: KadPeerRecord[]
  providers: KadPeerRecord[]
}

/** Bytes of an encoded peer id: 38 for Ed25519, 34 for a hashed key. */
const MAX_ID_SIZE = 64

/** The wire form, without the length prefix; a new buffer. */
export function encodeKadMessage(message: KadMessage): Uint8Array {
  return concat([
    varintField(1, TYPES.indexOf(message.type)),
    ...(message.key === undefined ? [] : [bytesField(2, message.key)]),
    ...message.closer.map((peer) => bytesField(8, encodePeer(peer))),
    ...message.providers.map((peer) => bytesField(9, encodePeer(peer)))
  ])
}

/**
 * Reads the wire form. Lists beyond {@link DHT_MESSAGE} are cut, malformed peers left out.
 * @returns undefined for anything that is no DHT message; otherwise views into `bytes`
 */
export function decodeKadMessage(bytes: Uint8Array): KadMessage | undefined {
  const fields = readFields(bytes)
  if (fields === undefined) return undefined
  // Proto3 leaves out zero: no type means PUT_VALUE.
  const type = TYPES[lastVarint(fields, 1) ?? 0]
  const key = lastBytes(fields, 2)
  if (type === undefined || (key?.byteLength ?? 0) > DHT_MESSAGE.maxKeySize) return undefined
  const closer: KadPeerRecord[] = []
  const providers: KadPeerRecord[] = []
  for (const field of fields) {
    if (field.number === 8) pushPeer(closer, field)
    else if (field.number === 9) pushPeer(providers, field)
  }
  return { type, closer, providers, ...(key === undefined ? {} : { key }) }
}

function encodePeer(peer: KadPeerRecord): Uint8Array {
  return concat([bytesField(1, peer.id), ...peer.multiaddrs.map((address) => bytesField(2, address))])
}

function pushPeer(list: KadPeerRecord[], field: Field): void {
  if (!('bytes' in field) || list.length >= DHT_MESSAGE.maxPeers) return
  const fields = readFields(field.bytes)
  if (fields === undefined) return
  let id: Uint8Array | undefined
  const multiaddrs: Uint8Array[] = []
  for (const part of fields) {
    if (!('bytes' in part)) continue
    if (part.number === 1) id = part.bytes
    // More than we keep, since many are dropped later for being out of scope.
    else if (
      part.number === 2 &&
      multiaddrs.length < 4 * DHT_MESSAGE.maxAddresses &&
      part.bytes.byteLength <= DHT_MESSAGE.maxAddressSize
    ) {
      multiaddrs.push(part.bytes)
    }
  }
  if (id !== undefined && id.byteLength <= MAX_ID_SIZE) list.push({ id, multiaddrs })
}
