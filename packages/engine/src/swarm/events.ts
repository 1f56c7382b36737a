import type { Bitfield, Bytes, Millis, PieceIndex } from '@p2pshare/base'
import type { CloseCode, PieceRun, RefuseReason } from '@p2pshare/wire'
import type { PiecePriority } from '../picker/piece-picker.ts'

/** A peer as the engine knows it: an opaque, stable name. */
export type PeerKey = string

/** Pieces of one priority: 0 skip, 1 low, 2 normal, 3 high. Parts beyond the share are cut. */
export interface PriorityRange extends PieceRun {
  readonly priority: PiecePriority
}

/** `rarest`: the rarest first; `sequential`: from the first to the last, but for one in ten. */
export type PieceSequence = 'rarest' | 'sequential'

/** What happened, told to the swarm of one share by the session. */
export type SwarmEvent =
  /** The peer takes part (or holds some pieces of this share as part of another one). */
  | { kind: 'peer-joined'; peer: PeerKey; maxRequests: number }
  | { kind: 'peer-left'; peer: PeerKey }
  /** The peer's whole map; replaces what was known. */
  | { kind: 'peer-pieces'; peer: PeerKey; pieces: Bitfield }
  | { kind: 'peer-delta'; peer: PeerKey; added: readonly PieceRun[]; removed: readonly PieceRun[] }
  | { kind: 'peer-choking'; peer: PeerKey; choking: boolean }
  /** Bytes of a running answer came in; for rate and liveness. None: they wait for a rate limit of ours. */
  | { kind: 'data-progress'; peer: PeerKey; bytes: Bytes }
  /** The request is answered in full; its bytes lie in the piece's buffer. */
  | { kind: 'data-arrived'; peer: PeerKey; id: number }
  /** The trust ledger wants no requests to the peer until then (same clock as `now`). */
  | { kind: 'peer-resting'; peer: PeerKey; until: Millis }
  | { kind: 'refused'; peer: PeerKey; id: number; reason: RefuseReason }
  /** Answer to a `verify` effect. */
  | { kind: 'piece-verified'; piece: PieceIndex; ok: boolean }
  /** Answer to a `write` effect: the piece is on disk. */
  | { kind: 'piece-stored'; piece: PieceIndex }
  /** Answer to a `write` effect: it failed; the piece is missing again. */
  | { kind: 'store-failed'; piece: PieceIndex }
  /** The piece was verified and stored by somebody else than this swarm, e.g. copied from another share. */
  | { kind: 'piece-here'; piece: PieceIndex }
  /** Pieces found to be gone or wrong on disk. */
  | { kind: 'pieces-lost'; pieces: readonly PieceIndex[] }
  /** A measured round trip of a small message. */
  | { kind: 'round-trip'; peer: PeerKey; rtt: Millis }
  /** Whether requests may be made: false while paused by the user or by a full disk. */
  | { kind: 'running'; running: boolean }
  /** How much pieces are wanted; those not named keep what they have (at first 2). What is skipped is no longer fetched. */
  | { kind: 'priorities'; ranges: readonly PriorityRange[] }
  /** In which order pieces are begun, within a priority. At first `rarest`. */
  | { kind: 'order'; order: PieceSequence }
  /** A reader waits for these: they go before everything else, the earliest due first (same clock as `now`). */
  | { kind: 'deadline'; pieces: PieceRun; due: Millis }
  /** Nobody waits for these any more; they stay wanted. */
  | { kind: 'deadline-withdrawn'; pieces: PieceRun }
  /** Most bytes that this share may have asked for and not received, at least 512 KiB; undefined: only the node's budget counts. */
  | { kind: 'ceiling'; bytes: number | undefined }
  /** The time that `nextWake` named has come. */
  | { kind: 'tick' }

/** What the session must do, in this order. */
export type SwarmEffect =
  /** Ask for `length` bytes: a range of one piece, or (count > 1) `count` whole small pieces. `id` is unique in this share. */
  | {
      kind: 'request'
      peer: PeerKey
      id: number
      piece: PieceIndex
      count: number
      offset: Bytes
      length: Bytes
    }
  /** The answer is no longer wanted; what still arrives is dropped unread. */
  | { kind: 'cancel'; peer: PeerKey; id: number }
  /** All bytes of the piece are in its buffer: hash it and answer `piece-verified`. */
  | { kind: 'verify'; piece: PieceIndex }
  /** Verified: write the buffer to disk and answer `piece-stored` or `store-failed`. */
  | { kind: 'write'; piece: PieceIndex }
  /** The piece's buffer is no longer needed. */
  | { kind: 'release'; piece: PieceIndex }
  | { kind: 'interest'; peer: PeerKey; interested: boolean }
  /** Tell all peers of the share that we have (or no longer have) these. */
  | { kind: 'announce'; added: readonly PieceIndex[]; removed: readonly PieceIndex[] }
  /** The peer did wrong; the trust ledger decides what that costs. */
  | { kind: 'strike'; peer: PeerKey; offence: Offence; piece?: PieceIndex }
  /** The peer is of no use or breaks rules: close the link. */
  | { kind: 'drop-peer'; peer: PeerKey; code: CloseCode; text: string }
  /** No connected peer has some missing pieces: seek providers of these (a few of them, not all). */
  | { kind: 'seek'; pieces: readonly PieceIndex[] }
  /** All pieces that are not skipped are stored, but not all there are. Again whenever the selection grew and is stored. */
  | { kind: 'selection-complete' }
  /** The last piece is stored. Once, and again only after `pieces-lost`. */
  | { kind: 'complete' }

/** What a peer can do wrong. */
export type Offence =
  /** A piece that came from this peer alone does not match its hash. */
  | 'bad-piece'
  /** An index block does not match its hash. */
  | 'bad-block'
  /** Claims pieces that it then refuses or never sends. */
  | 'false-claim'
  /** Data nobody asked for. */
  | 'unrequested-data'
  /** More requests than allowed. */
  | 'request-flood'
