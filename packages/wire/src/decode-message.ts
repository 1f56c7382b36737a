import { Bitfield, bytes, pieceIndex } from '@p2pshare/base'
import { fromBinary } from '@bufbuild/protobuf'
import type { WireFault } from './frame-sink.ts'
import type * as pb from './generated/swarm_pb.ts'
import { FrameSchema, StreamKind } from './generated/swarm_pb.ts'
import { WIRE_LIMITS } from './limits.ts'
import type { SwarmMessage } from './messages.ts'
import { bitfieldOf, fromGaps, runsMeet } from './piece-runs.ts'
import { closeCodeOf, reasonOf } from './wire-enums.ts'

type Body = pb.Frame['body']
type Case = NonNullable<Body['case']>
type ValueOf<C extends Case> = Extract<Body, { case: C }>['value']
type Decoders = { [C in Case]: (value: ValueOf<C>) => SwarmMessage | string }

/** Whether `value` is a slot number. */
function badSlot(slot: number): string | undefined {
  return slot < WIRE_LIMITS.slots ? undefined : `slot ${slot}`
}

function hello(value: pb.Hello): SwarmMessage | string {
  const { stream, session, agent, maxRequests } = value
  if (stream !== StreamKind.CONTROL && stream !== StreamKind.DATA) return `stream kind ${stream}`
  if (agent.length > WIRE_LIMITS.text) return `an agent of ${agent.length} characters`
  if (maxRequests < 1 || maxRequests > WIRE_LIMITS.outstanding) return `${maxRequests} requests at once`
  const kind = stream === StreamKind.CONTROL ? 'control' : 'data'
  return { type: 'hello', stream: kind, session, agent, maxRequests }
}

function subscribe(value: pb.Subscribe): SwarmMessage | string {
  const { slot, root, name } = value
  if (name.length > WIRE_LIMITS.text) return `a name of ${name.length} characters`
  if (root.byteLength === 0 || root.byteLength > WIRE_LIMITS.root) return `a root of ${root.byteLength} bytes`
  return badSlot(slot) ?? { type: 'subscribe', slot, root: root.slice(), name }
}

function pieceMap(value: pb.PieceMap): SwarmMessage | string {
  const { slot, pieceCount, bitmap, runs } = value
  if (slot >= WIRE_LIMITS.slots) return `slot ${slot}`
  if (pieceCount > WIRE_LIMITS.pieces) return `${pieceCount} pieces`
  if (bitmap.byteLength === 0) {
    const list = fromGaps(runs, pieceCount)
    return typeof list === 'string' ? list : { type: 'piece-map', slot, pieces: bitfieldOf(list, pieceCount) }
  }
  if (runs.length > 0) return 'a bitmap and runs at once'
  const pieces = Bitfield.fromBytes(bitmap, pieceCount)
  if (pieces === undefined)
    return `a bitmap of ${bitmap.byteLength} bytes, or a spare bit, for ${pieceCount} pieces`
  return { type: 'piece-map', slot, pieces }
}

function pieceDelta(value: pb.PieceDelta): SwarmMessage | string {
  const added = fromGaps(value.added, WIRE_LIMITS.pieces)
  if (typeof added === 'string') return added
  const removed = fromGaps(value.removed, WIRE_LIMITS.pieces)
  if (typeof removed === 'string') return removed
  if (runsMeet(added, removed)) return 'a piece both added and removed'
  return badSlot(value.slot) ?? { type: 'piece-delta', slot: value.slot, added, removed }
}

function request(value: pb.Request): SwarmMessage | string {
  const { id, slot, piece, count, offset, length } = value
  if (count < 1 || piece + count > WIRE_LIMITS.pieces) return `${count} pieces from ${piece} on`
  if (length < 1 || length > WIRE_LIMITS.request) return `a request of ${length} bytes`
  if (count > 1 && (offset > 0 || count > length))
    return `${count} pieces at offset ${offset}, ${length} bytes`
  if (offset + length > WIRE_LIMITS.block) return `a range up to ${offset + length} of a piece`
  return (
    badSlot(slot) ?? {
      type: 'request',
      id,
      slot,
      piece: pieceIndex(piece),
      count,
      offset: bytes(offset),
      length: bytes(length)
    }
  )
}

function blockRequest(value: pb.BlockRequest): SwarmMessage | string {
  const { id, digest, offset, length } = value
  if (digest.byteLength !== WIRE_LIMITS.digest) return `a digest of ${digest.byteLength} bytes`
  if (length === 0 && offset > 0) return `a whole block at offset ${offset}`
  if (offset + length > WIRE_LIMITS.block) return `a range up to ${offset + length} of a block`
  return { type: 'block-request', id, digest: digest.slice(), offset: bytes(offset), length: bytes(length) }
}

function blockQuery(value: pb.BlockQuery): SwarmMessage | string {
  const { id, digests } = value
  if (digests.length < 1 || digests.length > WIRE_LIMITS.digests) return `${digests.length} digests`
  const odd = digests.find((digest) => digest.byteLength !== WIRE_LIMITS.digest)
  if (odd !== undefined) return `a digest of ${odd.byteLength} bytes`
  return { type: 'block-query', id, digests: digests.map((digest) => digest.slice()) }
}

function blockHave(value: pb.BlockHave): SwarmMessage | string {
  const { id, bitmap, count } = value
  if (count < 1 || count > WIRE_LIMITS.digests) return `an answer for ${count} digests`
  const have = Bitfield.fromBytes(bitmap, count)
  return have === undefined
    ? `a bitmap of ${bitmap.byteLength} bytes, or a spare bit, for ${count} digests`
    : { type: 'block-have', id, have }
}

function peerExchange(value: pb.PeerExchange): SwarmMessage | string {
  const { slot, records } = value
  if (records.length < 1 || records.length > WIRE_LIMITS.peerRecords) return `${records.length} peer records`
  const odd = records.find(({ byteLength }) => byteLength < 1 || byteLength > WIRE_LIMITS.peerRecord)
  if (odd !== undefined) return `a peer record of ${odd.byteLength} bytes`
  return badSlot(slot) ?? { type: 'peer-exchange', slot, records: records.map((record) => record.slice()) }
}

const DECODERS: Decoders = {
  hello,
  subscribe,
  unsubscribe: (v) =>
    badSlot(v.slot) ?? { type: 'unsubscribe', slot: v.slot, refused: v.refused, reason: reasonOf(v.reason) },
  pieceMap,
  pieceDelta,
  interest: (v) => badSlot(v.slot) ?? { type: 'interest', slot: v.slot, interested: v.interested },
  choke: (v) => badSlot(v.slot) ?? { type: 'choke', slot: v.slot, choked: v.choked },
  request,
  blockRequest,
  cancel: (v) => ({ type: 'cancel', id: v.id }),
  refuse: (v) => ({ type: 'refuse', id: v.id, reason: reasonOf(v.reason) }),
  data: (v) =>
    v.length > WIRE_LIMITS.block
      ? `a payload of ${v.length} bytes`
      : { type: 'data', id: v.id, length: bytes(v.length) },
  blockQuery,
  blockHave,
  ping: (v) => ({ type: 'ping', nonce: v.nonce }),
  pong: (v) => ({ type: 'pong', nonce: v.nonce }),
  goodbye: (v) =>
    v.text.length > WIRE_LIMITS.text
      ? `a goodbye of ${v.text.length} characters`
      : { type: 'goodbye', code: closeCodeOf(v.code), text: v.text },
  peerExchange
}

function decodeBody<C extends Case>(name: C, value: ValueOf<C>): SwarmMessage | string {
  return DECODERS[name](value)
}

/**
 * Reads one frame's protobuf part.
 * @param frame - need not stay unchanged after the call: nothing in the answer refers to it
 * @returns the message, undefined for a body that this version does not know, or what is wrong
 */
export function decodeMessage(frame: Uint8Array): SwarmMessage | WireFault | undefined {
  let body: Body
  try {
    // Unknown fields are not kept: nobody reads them, and a peer could fill memory with them.
    body = fromBinary(FrameSchema, frame, { readUnknownFields: false }).body
  } catch {
    return { kind: 'malformed', text: `a frame of ${frame.byteLength} bytes is not valid protobuf` }
  }
  if (body.case === undefined) return undefined
  const result = decodeBody(body.case, body.value as never)
  return typeof result === 'string' ? { kind: 'out-of-range', text: `${body.case}: ${result}` } : result
}
