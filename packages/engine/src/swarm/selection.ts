import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { PiecePriority } from '../picker/piece-picker.ts'
import { runEnd, runStart } from './clip-run.ts'
import type { PriorityRange } from './events.ts'
import { abandon, withdraw } from './piece-work.ts'
import { setWanted, type SwarmState } from './swarm-state.ts'

/**
 * Takes new priorities. What is skipped from now on is withdrawn from those who were asked for it;
 * a piece whose hash is being checked or that is being written is kept, it costs nothing more.
 * Cost: O(pieces named), and O(words of the map) for each peer.
 */
export function onPriorities(s: SwarmState, ranges: readonly PriorityRange[]): void {
  let changed = false
  for (const range of ranges) {
    if (![0, 1, 2, 3].includes(range.priority)) continue
    const end = runEnd(range, s.layout.pieceCount)
    for (let p = runStart(range, s.layout.pieceCount); p < end; p++) {
      changed = prioritize(s, pieceIndex(p), range.priority) || changed
    }
  }
  if (changed) onSelectionChanged(s)
}

/** Wants pieces that were skipped, with low priority. */
export function select(s: SwarmState, start: number, end: number): void {
  let changed = false
  for (let p = start; p < end; p++) {
    if (s.picker.priority(p) === 0) changed = prioritize(s, pieceIndex(p), 1) || changed
  }
  if (changed) onSelectionChanged(s)
}

function prioritize(s: SwarmState, piece: PieceIndex, priority: PiecePriority): boolean {
  if (s.picker.priority(piece) === priority) return false
  s.picker.setPriority(piece, priority)
  if (s.have.has(piece)) return true
  if (priority > 0) s.unwanted.clear(piece)
  else if (s.unwanted.set(piece)) drop(s, piece)
  return true
}

function drop(s: SwarmState, piece: PieceIndex): void {
  const begun = s.begun.get(piece)
  if (begun?.state !== 'fetching') return
  withdraw(s, begun)
  abandon(s, begun)
}

function onSelectionChanged(s: SwarmState): void {
  if (!s.unwanted.isFull) s.selectionDone = false
  s.workAdded = true
  for (const peer of s.peers.values()) setWanted(s, peer, peer.claims.countNotIn(s.unwanted))
}
