import { type Bitfield, ShareError } from '@p2pshare/base'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { CLOSE_CODES } from './close-codes.ts'
import { FrameSchema, StreamKind } from './generated/swarm_pb.ts'
import { WIRE_LIMITS } from './limits.ts'
import type { SwarmMessage } from './messages.ts'
import { canonicalRuns, runsIfSmaller, toGaps } from './piece-runs.ts'
import { lengthSize, writeLength } from './varint.ts'
import { reasonNumber } from './wire-enums.ts'

type Body = NonNullable<MessageInitShape<typeof FrameSchema>['body']>
type Encoders = { [Type in SwarmMessage['type']]: (message: Extract<SwarmMessage, { type: Type }>) => Body }

/** Cuts at the limit without leaving half of a surrogate pair. */
function shortText(text: string): string {
  return text.slice(0, WIRE_LIMITS.text).toWellFormed()
}

function pieceMap(slot: number, pieces: Bitfield): Body {
  const runs = runsIfSmaller(pieces)
  const form = runs === undefined ? { bitmap: pieces.toBytes() } : { runs }
  return { case: 'pieceMap', value: { slot, pieceCount: pieces.length, ...form } }
}

const ENCODERS: Encoders = {
  hello: (m) => ({
    case: 'hello',
    value: {
      stream: m.stream === 'control' ? StreamKind.CONTROL : StreamKind.DATA,
      session: m.session,
      agent: shortText(m.agent),
      maxRequests: m.maxRequests
    }
  }),
  subscribe: (m) => ({ case: 'subscribe', value: { slot: m.slot, root: m.root, name: shortText(m.name) } }),
  unsubscribe: (m) => ({
    case: 'unsubscribe',
    value: { slot: m.slot, refused: m.refused, reason: reasonNumber(m.reason) }
  }),
  'piece-map': (m) => pieceMap(m.slot, m.pieces),
  'piece-delta': (m) => ({
    case: 'pieceDelta',
    value: { slot: m.slot, added: toGaps(canonicalRuns(m.added)), removed: toGaps(canonicalRuns(m.removed)) }
  }),
  interest: (m) => ({ case: 'interest', value: { slot: m.slot, interested: m.interested } }),
  choke: (m) => ({ case: 'choke', value: { slot: m.slot, choked: m.choked } }),
  request: ({ type: _, ...value }) => ({ case: 'request', value }),
  'block-request': ({ type: _, ...value }) => ({ case: 'blockRequest', value }),
  cancel: (m) => ({ case: 'cancel', value: { id: m.id } }),
  refuse: (m) => ({ case: 'refuse', value: { id: m.id, reason: reasonNumber(m.reason) } }),
  data: (m) => ({ case: 'data', value: { id: m.id, length: m.length } }),
  'block-query': (m) => ({ case: 'blockQuery', value: { id: m.id, digests: m.digests } }),
  'block-have': (m) => ({
    case: 'blockHave',
    value: { id: m.id, bitmap: m.have.toBytes(), count: m.have.length }
  }),
  ping: (m) => ({ case: 'ping', value: { nonce: m.nonce } }),
  pong: (m) => ({ case: 'pong', value: { nonce: m.nonce } }),
  goodbye: (m) => ({ case: 'goodbye', value: { code: CLOSE_CODES[m.code], text: shortText(m.text) } }),
  'peer-exchange': (m) => ({ case: 'peerExchange', value: { slot: m.slot, records: m.records } })
}

function bodyOf<Type extends SwarmMessage['type']>(message: Extract<SwarmMessage, { type: Type }>): Body {
  return ENCODERS[message.type as Type](message)
}

/**
 * The frame of a message, length prefix included; a new buffer that the caller owns. Of a `data`
 * message only the header: its payload follows raw. Texts are cut to the limit, runs are brought
 * into canonical form.
 * @throws ShareError `wire.frame-too-long` (a bug of ours: cut deltas with `pieceDeltas`)
 */
export function encodeFrame(message: SwarmMessage): Uint8Array {
  const body = toBinary(FrameSchema, create(FrameSchema, { body: bodyOf(message) }))
  const limit = message.type === 'piece-map' ? WIRE_LIMITS.pieceMapFrame : WIRE_LIMITS.controlFrame
  if (body.byteLength > limit) {
    throw new ShareError({
      code: 'wire.frame-too-long',
      fault: 'bug',
      message: `a ${message.type} message of ${body.byteLength} bytes is over the limit of ${limit}`,
      hint: 'Please report this with the log.'
    })
  }
  const frame = new Uint8Array(lengthSize(body.byteLength) + body.byteLength)
  frame.set(body, writeLength(frame, body.byteLength))
  return frame
}
