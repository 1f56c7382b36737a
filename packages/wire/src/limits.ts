import { KiB, MiB } from '@p2pshare/base'

/**
 * What a swarm message may hold: one place for each limit, kept by encoder and decoder alike, told
 * to other implementers in docs/protocol.md §9. Lengths are bytes unless said otherwise.
 */
export const WIRE_LIMITS = {
  /** Length of any frame's protobuf part, except a piece map's. */
  controlFrame: 64 * KiB,
  /** Length of a piece-map frame: a bitmap of 2^21 bits and its header. */
  pieceMapFrame: 256 * KiB + 64,
  /** Bytes of the length prefix of a frame. */
  lengthPrefix: 4,
  /** Bytes that one request may ask for. */
  request: MiB,
  /** Bytes of a block, and so of one payload. */
  block: 2 * MiB,
  /** Requests that one side may have open at the other. */
  outstanding: 64,
  /** Hashes in one block query. */
  digests: 64,
  /** A sha2-256 digest. */
  digest: 32,
  /** Slots of one side: 0 … 1023. */
  slots: 1024,
  /** Pieces of a share: 0 … 2^21 − 1. */
  pieces: 2 ** 21,
  /** Runs, added and removed together, in one piece delta as {@link pieceDeltas} cuts it. */
  deltaRuns: 4096,
  /** UTF-16 units of an agent, a share's name or a goodbye text. */
  text: 256,
  /** A root CID in binary form. */
  root: 128,
  /** Signed peer records in one message. */
  peerRecords: 16,
  /** A signed peer record: a key, a signature and eight addresses fit twice. */
  peerRecord: 1024
} as const
