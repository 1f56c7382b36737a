import { concat } from 'uint8arrays/concat'
import {
  bytesField,
  fixed64Field,
  lastBytes,
  lastFixed64,
  lastVarint,
  readFields,
  varintField
} from '../../dht/protobuf.ts'
import { REACH } from '../../limits/index.ts'

/** Protocols of AutoNAT v2 (libp2p specs, autonat-v2). */
export const DIAL_REQUEST = '/libp2p/autonat/2/dial-request'
/** See {@link DIAL_REQUEST}. */
export const DIAL_BACK = '/libp2p/autonat/2/dial-back'

/** `DialResponse.status` */
export const STATUS = { internalError: 0, requestRejected: 100, dialRefused: 101, ok: 200 } as const
/** `DialResponse.dialStatus` */
export const DIAL_STATUS = { unused: 0, dialError: 100, dialBackError: 101, ok: 200 } as const

/** What travels on a stream of {@link DIAL_REQUEST}. */
export type AutoNatMessage =
  | { type: 'request'; addresses: Uint8Array[]; nonce: bigint }
  | { type: 'response'; status: number; index: number; dialStatus: number }
  | { type: 'data-request'; index: number; bytes: number }
  | { type: 'data'; bytes: Uint8Array }

/** The wire form, without the length prefix. */
export function encodeAutoNat(message: AutoNatMessage): Uint8Array {
  switch (message.type) {
    case 'request':
      return bytesField(
        1,
        concat([...message.addresses.map((each) => bytesField(1, each)), fixed64Field(2, message.nonce)])
      )
    case 'response':
      return bytesField(
        2,
        concat([
          varintField(1, message.status),
          varintField(2, message.index),
          varintField(3, message.dialStatus)
        ])
      )
    case 'data-request':
      return bytesField(3, concat([varintField(1, message.index), varintField(2, message.bytes)]))
    case 'data':
      return bytesField(4, bytesField(1, message.bytes))
  }
}

/** @returns undefined for anything that is no such message; otherwise views into `bytes` */
export function decodeAutoNat(bytes: Uint8Array): AutoNatMessage | undefined {
  const outer = readFields(bytes)?.findLast((field) => 'bytes' in field && field.number <= 4)
  if (outer === undefined || !('bytes' in outer)) return undefined
  const fields = readFields(outer.bytes)
  if (fields === undefined) return undefined
  // Proto3 leaves out zeros.
  const number = (field: number): number => lastVarint(fields, field) ?? 0
  switch (outer.number) {
    case 1: {
      const all = fields.flatMap((field) => (field.number === 1 && 'bytes' in field ? [field.bytes] : []))
      return {
        type: 'request',
        addresses: all.slice(0, REACH.maxAddresses),
        nonce: lastFixed64(fields, 2) ?? 0n
      }
    }
    case 2:
      return { type: 'response', status: number(1), index: number(2), dialStatus: number(3) }
    case 3:
      return { type: 'data-request', index: number(1), bytes: number(2) }
    default:
      return { type: 'data', bytes: lastBytes(fields, 1) ?? new Uint8Array() }
  }
}

/** `DialBack`: the nonce that proves that the dial came from whom we asked. */
export function encodeDialBack(nonce: bigint): Uint8Array {
  return fixed64Field(1, nonce)
}

/** @returns the nonce; undefined for no such message */
export function decodeDialBack(bytes: Uint8Array): bigint | undefined {
  const fields = readFields(bytes)
  return fields === undefined ? undefined : (lastFixed64(fields, 1) ?? 0n)
}
