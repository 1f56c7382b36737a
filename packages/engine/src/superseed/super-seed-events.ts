import type { Bitfield } from '@p2pshare/base'
import type { PieceRun } from '@p2pshare/wire'

/** What happened, told to the super-seeding of one share. Unknown peers are ignored. */
export type SuperSeedEvent =
  /** The peer takes part. */
  | { kind: 'joined'; peer: string }
  | { kind: 'left'; peer: string }
  /** The peer's whole map; replaces what was known. Of the share's length; not kept. */
  | { kind: 'pieces'; peer: string; pieces: Bitfield }
  /** A change of it, of runs within the share. */
  | { kind: 'delta'; peer: string; added: readonly PieceRun[]; removed: readonly PieceRun[] }
  /** The peer asks for something of each of these; within the share. */
  | { kind: 'requested'; peer: string; pieces: PieceRun }
  /** `bytes` of one piece, or all of several, were sent to the peer. */
  | { kind: 'sent'; peer: string; pieces: PieceRun; bytes: number }
  /** Time passed; about once a second. */
  | { kind: 'tick' }

/** What a peer must be told; each names a peer at most once per kind. */
export type SuperSeedEffect =
  /** Our map as it is to be shown to this peer, replacing what it was told; undefined: the true one. */
  | { kind: 'show'; peer: string; pieces: readonly number[] | undefined }
  /** A change of it. */
  | { kind: 'change'; peer: string; added: readonly number[]; removed: readonly number[] }

/** `open`: one peer or none, everything is told; `masked`: pieces are offered; `over`: for good. */
export type SuperSeedMode = 'open' | 'masked' | 'over'
