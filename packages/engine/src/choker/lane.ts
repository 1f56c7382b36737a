import type { Millis } from '@p2pshare/base'
import { RateMeter } from '../rate/rate-meter.ts'

/** Rates that decide about slots are measured over this long, in ms (libtorrent and BEP 3: 20 s). */
const RATE_WINDOW = 20_000

/** One peer in one share, as the choker sees it. */
export interface Lane {
  readonly peer: string
  readonly share: string
  readonly joinedAt: Millis
  /** Content bytes that came from it for this share. */
  readonly received: RateMeter
  interested: boolean
  /** What it was told; peers begin unchoked. */
  choked: boolean
  /** Holds its slot by luck, not by merit. */
  optimistic: boolean
  /** Since when it has been choked or unchoked, as it is now. */
  since: Millis
  /** Bytes served since `since`. */
  served: number
  /** Part of its content, 0 … 1. */
  progress: number
  /** What it received from us and others got from it again: pieces seen elsewhere, decaying. */
  passedOn: number
  /** Bytes that it gave us beyond what it took, ever; the ledger's word. */
  credit: number
}

/** A lane that just appeared. */
export function newLane(peer: string, share: string, credit: number, now: Millis): Lane {
  return {
    peer,
    share,
    joinedAt: now,
    received: new RateMeter(RATE_WINDOW),
    interested: false,
    choked: false,
    optimistic: false,
    since: now,
    served: 0,
    progress: 0,
    passedOn: 0,
    credit
  }
}
