import type { Millis } from '@p2pshare/base'

/** Why a block request was not served; `busy` and `unspecified` mean later, all others mean never. */
export type BlockRefusal = string

/** What happened, told to the fetch of a share's index by the session. */
export type IndexEvent =
  | { kind: 'peer-joined'; peer: string }
  | { kind: 'peer-left'; peer: string }
  /** The trust ledger wants no requests to the peer until then. */
  | { kind: 'peer-resting'; peer: string; until: Millis }
  /** Blocks to fetch, by an opaque name; those known already are ignored. */
  | { kind: 'wanted'; keys: readonly string[] }
  /** Blocks that came from elsewhere, or are not needed any more. */
  | { kind: 'unwanted'; keys: readonly string[] }
  /** The answer to a request arrived and was hashed. */
  | { kind: 'block-arrived'; peer: string; id: number; ok: boolean }
  | { kind: 'refused'; peer: string; id: number; reason: BlockRefusal }
  | { kind: 'tick' }

/** What the session must do, in this order. */
export type IndexEffect =
  | { kind: 'block-request'; peer: string; id: number; key: string }
  /** No answer is wanted any more. */
  | { kind: 'cancel'; peer: string; id: number }
  | { kind: 'strike'; peer: string; offence: 'bad-block'; key: string }
  /** No connected peer gives these: seek providers of them. */
  | { kind: 'seek'; keys: readonly string[] }
