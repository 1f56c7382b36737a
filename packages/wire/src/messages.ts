import type { Bitfield, Bytes, PieceIndex } from '@p2pshare/base'
import type { CloseCode } from './close-codes.ts'

/**
 * The messages of `/p2pshare/swarm/1.0.0` as the rest of the program sees them: already checked
 * against the limits, so that no reader needs to doubt a number again. A `slot` is always the
 * sender's own short name for a share; a request `id` is chosen by who asks.
 * The encoding is in proto/swarm.proto, the rules in docs/protocol.md.
 */
export type SwarmMessage =
  | HelloMessage
  /** `name` is a stranger's suggestion of 0 … 255 UTF-16 units, unchecked; empty when unknown. */
  | { type: 'subscribe'; slot: number; root: Uint8Array; name: string }
  | { type: 'unsubscribe'; slot: number; refused: boolean; reason: RefuseReason }
  | { type: 'piece-map'; slot: number; pieces: Bitfield }
  | { type: 'piece-delta'; slot: number; added: PieceRun[]; removed: PieceRun[] }
  | { type: 'interest'; slot: number; interested: boolean }
  | { type: 'choke'; slot: number; choked: boolean }
  | RequestMessage
  | BlockRequestMessage
  | { type: 'cancel'; id: number }
  | { type: 'refuse'; id: number; reason: RefuseReason }
  | DataMessage
  | { type: 'block-query'; id: number; digests: Uint8Array[] }
  | { type: 'block-have'; id: number; have: Bitfield }
  | { type: 'ping'; nonce: bigint }
  | { type: 'pong'; nonce: bigint }
  | { type: 'goodbye'; code: CloseCode; text: string }
  | PeerExchangeMessage

/** First message on each stream, from both sides. */
export interface HelloMessage {
  type: 'hello'
  stream: 'control' | 'data'
  session: bigint
  agent: string
  maxRequests: number
}

/** Asks for `length` bytes at `offset` of one piece, or (count > 1, offset 0) for `count` whole pieces. */
export interface RequestMessage {
  type: 'request'
  id: number
  slot: number
  piece: PieceIndex
  count: number
  offset: Bytes
  /** Bytes of the answer, 1 byte … 1 MiB. */
  length: Bytes
}

/** Asks for a block by its sha2-256 digest; length 0 means the whole block, at most 2 MiB. */
export interface BlockRequestMessage {
  type: 'block-request'
  id: number
  digest: Uint8Array
  offset: Bytes
  length: Bytes
}

/** Header of an answer on the data stream; `length` raw bytes follow it. */
export interface DataMessage {
  type: 'data'
  id: number
  length: Bytes
}

/** Where members of the share can be reached: 1 … 16 signed peer records, unverified, of 1 … 1024 bytes each. */
export interface PeerExchangeMessage {
  type: 'peer-exchange'
  slot: number
  records: Uint8Array[]
}

/** `count` pieces from `start` on. */
export interface PieceRun {
  start: number
  count: number
}

/** Why a request or a subscription is not served. */
export type RefuseReason =
  | 'unspecified'
  | 'unknown-share'
  | 'lacking'
  | 'choked'
  | 'busy'
  | 'unavailable'
  | 'paused'
  | 'cancelled'
