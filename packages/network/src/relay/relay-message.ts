import type { PeerId } from '@libp2p/interface'
import { concat } from 'uint8arrays/concat'
import { HOP, STOP, type Status } from '../circuit/circuit-protocol.ts'
import { readPeerId } from '../dht/peer-records.ts'
import { bytesField, lastBytes, lastVarint, readFields, varint, varintField } from '../dht/protobuf.ts'
import type { CircuitLimit } from '../limits/index.ts'

/** What a peer asks of the relay. */
export type HopRequest = { type: 'reserve' } | { type: 'connect'; peer: PeerId }

/** A place, as the protocol tells it. */
export interface Reservation {
  /** Unix time, whole seconds. */
  expire: number
  /** Addresses of the relay, each with its peer id. */
  addresses: readonly Uint8Array[]
  /** A signed envelope. */
  voucher: Uint8Array
}

/** Reads a request. Addresses beside a peer are ignored: a relay dials nobody on another's word. */
export function decodeHopRequest(bytes: Uint8Array): HopRequest | 'malformed' | 'unexpected' {
  const fields = readFields(bytes)
  const type = fields === undefined ? undefined : lastVarint(fields, 1)
  if (fields === undefined || type === undefined) return 'malformed'
  if (type === HOP.reserve) return { type: 'reserve' }
  if (type !== HOP.connect) return 'unexpected'
  const peer = lastBytes(fields, 2)
  const id = peer === undefined ? undefined : lastBytes(readFields(peer) ?? [], 1)
  const named = id === undefined ? undefined : readPeerId(id)
  return named === undefined ? 'malformed' : { type: 'connect', peer: named }
}

/** The relay's answer, with its length before it. */
export function encodeHopStatus(
  status: Status,
  more: { reservation?: Reservation; limit?: CircuitLimit } = {}
): Uint8Array {
  const { reservation, limit } = more
  const parts = [varintField(1, HOP.status)]
  if (reservation !== undefined) parts.push(bytesField(3, reservationOf(reservation)))
  if (limit !== undefined) parts.push(bytesField(4, limitOf(limit)))
  return framed([...parts, varintField(5, status)])
}

/** What the relay says to the peer that is asked for, with its length before it. */
export function encodeStopConnect(from: PeerId, limit: CircuitLimit): Uint8Array {
  return framed([
    varintField(1, STOP.connect),
    bytesField(2, bytesField(1, from.toMultihash().bytes)),
    bytesField(3, limitOf(limit))
  ])
}

/** The status that the peer answers; undefined when it is no answer. */
export function decodeStopStatus(bytes: Uint8Array): number | undefined {
  const fields = readFields(bytes)
  if (fields === undefined || lastVarint(fields, 1) !== STOP.status) return undefined
  return lastVarint(fields, 4)
}

function reservationOf({ expire, addresses, voucher }: Reservation): Uint8Array {
  return concat([
    varintField(1, expire),
    ...addresses.map((address) => bytesField(2, address)),
    bytesField(3, voucher)
  ])
}

/** Seconds as the specification has them; the stock relay writes milliseconds there. */
function limitOf({ seconds, data }: CircuitLimit): Uint8Array {
  return concat([varintField(1, seconds), varintField(2, data)])
}

function framed(parts: Uint8Array[]): Uint8Array {
  const message = concat(parts)
  return concat([varint(message.byteLength), message])
}
