import { concat } from 'uint8arrays/concat'
import { bytesField, lastBytes, lastVarint, readFields, varintField } from '../dht/protobuf.ts'
import { STOP } from './circuit-protocol.ts'
import { CIRCUIT } from '../limits/index.ts'

/** What a relay lets one connection carry, as it says: unchecked. */
export interface ToldLimit {
  /** Seconds by the specification; milliseconds from js-libp2p's server. */
  duration: number
  /** Bytes; 0 = no limit. */
  data: number
}

/** A message of the hop protocol. */
export interface HopMessage {
  type: number | undefined
  /** Multihash of the peer that is to be reached. */
  peer?: Uint8Array
  reservation?: {
    /** Wall time, s. */
    expire: number
    /** Binary multiaddrs, unchecked. */
    addresses: Uint8Array[]
  }
  limit?: ToldLimit
  status?: number
}

/** A message of the stop protocol. */
export interface StopMessage {
  type: number | undefined
  /** Multihash of the peer that wants to reach us. */
  peer?: Uint8Array
  limit?: ToldLimit
  status?: number
}

/** The wire form, without the length prefix. Only what a client sends. */
export function encodeHop(message: { type: number; peer?: Uint8Array }): Uint8Array {
  return concat([
    varintField(1, message.type),
    ...(message.peer === undefined ? [] : [bytesField(2, bytesField(1, message.peer))])
  ])
}

/** The wire form of our answer to a relay. */
export function encodeStopStatus(status: number): Uint8Array {
  return concat([varintField(1, STOP.status), varintField(4, status)])
}

/** @returns undefined for what is no such message; otherwise views into `bytes` */
export function decodeHop(bytes: Uint8Array): HopMessage | undefined {
  const fields = readFields(bytes)
  if (fields === undefined) return undefined
  const reservation = readReservation(lastBytes(fields, 3))
  const limit = readLimit(lastBytes(fields, 4))
  const status = lastVarint(fields, 5)
  return {
    type: lastVarint(fields, 1),
    ...peerOf(lastBytes(fields, 2)),
    ...(reservation === undefined ? {} : { reservation }),
    ...(limit === undefined ? {} : { limit }),
    ...(status === undefined ? {} : { status })
  }
}

/** @returns undefined for what is no such message; otherwise views into `bytes` */
export function decodeStop(bytes: Uint8Array): StopMessage | undefined {
  const fields = readFields(bytes)
  if (fields === undefined) return undefined
  const limit = readLimit(lastBytes(fields, 3))
  const status = lastVarint(fields, 4)
  return {
    type: lastVarint(fields, 1),
    ...peerOf(lastBytes(fields, 2)),
    ...(limit === undefined ? {} : { limit }),
    ...(status === undefined ? {} : { status })
  }
}

function peerOf(bytes: Uint8Array | undefined): { peer?: Uint8Array } {
  const peer = bytes === undefined ? undefined : lastBytes(readFields(bytes) ?? [], 1)
  return peer === undefined ? {} : { peer }
}

function readReservation(bytes: Uint8Array | undefined): HopMessage['reservation'] | undefined {
  const fields = bytes === undefined ? undefined : readFields(bytes)
  if (fields === undefined) return undefined
  const addresses = fields.flatMap((field) => (field.number === 2 && 'bytes' in field ? [field.bytes] : []))
  return { expire: lastVarint(fields, 1) ?? 0, addresses: addresses.slice(0, CIRCUIT.maxAddresses) }
}

function readLimit(bytes: Uint8Array | undefined): ToldLimit | undefined {
  const fields = bytes === undefined ? undefined : readFields(bytes)
  if (fields === undefined) return undefined
  return { duration: lastVarint(fields, 1) ?? 0, data: lastVarint(fields, 2) ?? 0 }
}
