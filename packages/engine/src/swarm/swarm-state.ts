import { type Bitfield, type Bytes, type Millis, millis, type PieceIndex, type Rng } from '@p2pshare/base'
import type { PickMemory, PiecePicker } from '../picker/piece-picker.ts'
import type { RequestBudget } from '../pipeline/request-budget.ts'
import type { RequestTable } from '../pipeline/request-table.ts'
import type { RequestWindow } from '../pipeline/request-window.ts'
import type { Announcements } from './announcements.ts'
import type { BegunPiece, BegunPieces } from './begun-pieces.ts'
import type { ClaimBudget } from './claim-budget.ts'
import type { Deadlines } from './deadlines.ts'
import type { PeerKey, PieceSequence, SwarmEffect } from './events.ts'
import type { SeekTimer } from './seek-timer.ts'
import type { SwarmLimits } from './swarm-limits.ts'

/** What the swarm needs to know of the content. */
export interface SwarmLayout {
  readonly pieceCount: number
  /** Length of the piece's block, at least 1. */
  blockSize(piece: PieceIndex): Bytes
}

/** A peer of one share, as the swarm sees it. */
export interface SwarmPeer {
  readonly key: PeerKey
  readonly maxRequests: number
  readonly window: RequestWindow
  /** What it says it has, less what it was proven not to have. */
  claims: Bitfield
  /** Counted as a seed in the picker, not piece by piece. */
  seed: boolean
  /** How many of its claims we lack and want; change it by {@link setWanted}. */
  wanted: number
  readonly claimBudget: ClaimBudget
  /** Pieces that it delivered wrong: never asked of it again. */
  readonly barred: Set<number>
  falseClaims: number
  /** Its map is void for good. */
  voided: boolean
  choking: boolean
  /** Changes of `choking` since `flipsSince`. */
  flips: number
  flipsSince: Millis
  /** What we last told it. */
  interested: boolean
  /** No requests before this time: it was busy, or serves a rest after a strike. */
  pauseUntil: Millis
  /** Timed out and not heard of since: one request at a time. */
  snubbed: boolean
  /** When it last sent bytes, or when waiting for it began to count. */
  lastProgress: Millis
  /** Time-outs since it last sent bytes. */
  timeouts: number
  /** Bytes received from it, ever. */
  received: number
  /** Progress reported beyond what complete answers account for. */
  ahead: number
  /** Most pieces in a run; lowered to find the one it lacks. */
  runPieces: number
  /** Which priorities the picker had nothing of for this peer. */
  readonly memory: PickMemory
  /** Had a part in a piece that came out wrong and cannot be told from the others who had: until a piece that came from it alone is right, its pieces are its own. */
  suspect: boolean
}

/** All that a swarm knows; the functions beside it share it and nothing else. */
export interface SwarmState {
  readonly layout: SwarmLayout
  readonly limits: SwarmLimits
  readonly rng: Rng
  /** Pieces on disk. */
  readonly have: Bitfield
  /** Pieces on disk and pieces not selected: nobody is asked for these. */
  readonly unwanted: Bitfield
  readonly picker: PiecePicker
  readonly begun: BegunPieces
  readonly requests: RequestTable
  readonly budget: RequestBudget
  readonly announcements: Announcements
  readonly seek: SeekTimer
  /** Runs of pieces that a reader waits for. */
  readonly deadlines: Deadlines
  readonly peers: Map<PeerKey, SwarmPeer>
  /** Pieces whose last attempt failed: to be fetched from one peer alone. */
  readonly soleSource: Set<PieceIndex>
  /** Bytes of all blocks. */
  readonly totalBytes: number
  effects: SwarmEffect[]
  running: boolean
  completed: boolean
  /** All selected pieces are stored, and that was said. */
  selectionDone: boolean
  order: PieceSequence
  /** Bytes asked for a second time in the endgame. */
  duplicateBytes: number
  /** Nothing is begun before this time: a write just failed. */
  storePauseUntil: Millis
  /** Whether that time has still to come. */
  storePaused: boolean
  /** Something became available to peers other than the one the event was about. */
  workAdded: boolean
  /** When idle peers look again for something to take over; undefined when none is idle. */
  idlePollAt: Millis | undefined
  /** Peers about which something changed: to be asked for more before this event ends. */
  readonly touched: Set<SwarmPeer>
  /** Peers that had room but found nothing to ask for. */
  readonly idle: Set<SwarmPeer>
  /** Peers that had room but the budget was spent, longest waiting first. */
  readonly starved: Set<SwarmPeer>
  /** Begun pieces of which a request ended unanswered. */
  readonly loose: Set<BegunPiece>
  /** Peers whose `wanted` came to 0 or left it. */
  readonly interestDirty: Set<SwarmPeer>
  /** No peer needs looking at before this time; a lower bound, made exact by a look at all. */
  peersDue: number
  /** No slow owner is relieved before this time. */
  reliefAt: number
  /** When we last woke up from a sleep of our own; time before counts against nobody. */
  wokeAt: number
  /** Most bytes that this share may have asked for and not received; infinite: no ceiling of its own. */
  ceiling: number
}

/** Sets how many of a peer's claims are wanted. */
export function setWanted(s: SwarmState, peer: SwarmPeer, wanted: number): void {
  if (wanted > 0 !== peer.wanted > 0) s.interestDirty.add(peer)
  peer.wanted = wanted
}

/** Something must be looked at among the peers at `time`, if not before. */
export function wakeBy(s: SwarmState, time: number): void {
  if (time < s.peersDue) s.peersDue = time
}

/** How long (ms) an idle peer waits before it looks again for something to take over. */
const IDLE_POLL = 250

/** Idle peers, and what a reader waits for, are looked at again soon. */
export function pollSoon(s: SwarmState, now: Millis): void {
  s.idlePollAt ??= millis(now + IDLE_POLL)
}

/** Since when a request counts as open; our own sleep does not count. */
export function openSince(s: SwarmState, request: { sentAt: Millis }): number {
  return Math.max(request.sentAt, s.wokeAt)
}

/** Whether `piece` is the number of a piece of this share. */
export function isPiece(s: SwarmState, piece: number): boolean {
  return Number.isInteger(piece) && piece >= 0 && piece < s.layout.pieceCount
}
