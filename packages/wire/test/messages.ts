import { Bitfield, bytes, pieceIndex } from '@p2pshare/base'
import fc from 'fast-check'
import {
  CLOSE_CODES,
  type CloseCode,
  type PieceRun,
  type RefuseReason,
  runsOf,
  type SwarmMessage,
  WIRE_LIMITS
} from '@p2pshare/wire'

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const slot = fc.integer({ min: 0, max: WIRE_LIMITS.slots - 1 })
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((s) => s.slice(0, 200).toWellFormed())
const reason = fc.constantFrom<RefuseReason>(
  'unspecified',
  'unknown-share',
  'lacking',
  'choked',
  'busy',
  'unavailable',
  'paused',
  'cancelled'
)
const code = fc.constantFrom(...(Object.keys(CLOSE_CODES) as CloseCode[]))

const bits = fc
  .tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 100 }), fc.integer())
  .map(([length, percent, seed]) => {
    const field = new Bitfield(length)
    for (let i = 0, x = seed >>> 0; i < length; i++) {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0
      if (x % 100 < percent) field.set(i)
    }
    return field
  })

const delta = fc
  .uniqueArray(fc.integer({ min: 0, max: WIRE_LIMITS.pieces - 1 }), { maxLength: 40 })
  .chain((pieces) => fc.tuple(fc.constant(pieces), fc.nat(pieces.length)))
  .map(([pieces, cut]): [PieceRun[], PieceRun[]] => [runsOf(pieces.slice(0, cut)), runsOf(pieces.slice(cut))])

const request = fc
  .tuple(uint32, slot, fc.nat(WIRE_LIMITS.pieces - 1), fc.integer({ min: 1, max: 5000 }), fc.nat())
  .map(([id, slot, piece, wanted, size]): SwarmMessage => {
    const count = Math.min(wanted, WIRE_LIMITS.pieces - piece)
    const length = Math.max(count, 1 + (size % WIRE_LIMITS.request))
    const offset = count > 1 ? 0 : size % (WIRE_LIMITS.block - length)
    return {
      type: 'request',
      id,
      slot,
      piece: pieceIndex(piece),
      count,
      offset: bytes(offset),
      length: bytes(length)
    }
  })

const blockRequest = fc
  .tuple(uint32, digest, fc.nat(WIRE_LIMITS.block), fc.nat())
  .map(([id, digest, length, at]): SwarmMessage => {
    const offset = length === 0 ? 0 : at % (WIRE_LIMITS.block - length + 1)
    return { type: 'block-request', id, digest, offset: bytes(offset), length: bytes(length) }
  })

/** Any message that may follow a control stream's hello. */
export const controlMessage: fc.Arbitrary<SwarmMessage> = fc.oneof(
  fc.record({
    type: fc.constant('subscribe' as const),
    slot,
    root: fc.uint8Array({ minLength: 1, maxLength: WIRE_LIMITS.root }),
    name: fc.string({ maxLength: WIRE_LIMITS.text })
  }),
  fc.record({ type: fc.constant('unsubscribe' as const), slot, refused: fc.boolean(), reason }),
  fc.record({ type: fc.constant('piece-map' as const), slot, pieces: bits }),
  fc
    .tuple(slot, delta)
    .map(([slot, [added, removed]]) => ({ type: 'piece-delta' as const, slot, added, removed })),
  fc.record({ type: fc.constant('interest' as const), slot, interested: fc.boolean() }),
  fc.record({ type: fc.constant('choke' as const), slot, choked: fc.boolean() }),
  request,
  blockRequest,
  fc.record({ type: fc.constant('cancel' as const), id: uint32 }),
  fc.record({ type: fc.constant('refuse' as const), id: uint32, reason }),
  fc.record({
    type: fc.constant('block-query' as const),
    id: uint32,
    digests: fc.array(digest, { minLength: 1, maxLength: 64 })
  }),
  fc.record({
    type: fc.constant('block-have' as const),
    id: uint32,
    have: fc.array(fc.boolean(), { minLength: 1, maxLength: 64 }).map((flags) => {
      const field = new Bitfield(flags.length)
      flags.forEach((flag, i) => {
        if (flag) field.set(i)
      })
      return field
    })
  }),
  fc.record({ type: fc.constant('ping' as const), nonce: uint64 }),
  fc.record({ type: fc.constant('pong' as const), nonce: uint64 }),
  fc.record({ type: fc.constant('goodbye' as const), code, text }),
  fc.record({
    type: fc.constant('peer-exchange' as const),
    slot,
    records: fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), {
      minLength: 1,
      maxLength: WIRE_LIMITS.peerRecords
    })
  })
)

/** Any hello for one kind of stream. */
export const hello = (stream: 'control' | 'data'): fc.Arbitrary<SwarmMessage> =>
  fc.record({
    type: fc.constant('hello' as const),
    stream: fc.constant(stream),
    session: uint64,
    agent: text,
    maxRequests: fc.integer({ min: 1, max: WIRE_LIMITS.outstanding })
  })

/** A message as comparable data: bit sets by their bytes. */
export function plain(message: SwarmMessage): unknown {
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => [
      key,
      value instanceof Bitfield ? [value.length, value.toBytes()] : value
    ])
  )
}
