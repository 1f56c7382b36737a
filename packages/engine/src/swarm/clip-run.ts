import type { PieceRun } from '@p2pshare/wire'

/** Where a run begins within `pieceCount` pieces; the run is empty when it is not made of whole numbers. */
export function runStart(run: PieceRun, pieceCount: number): number {
  return Number.isInteger(run.start) ? Math.min(pieceCount, Math.max(0, run.start)) : pieceCount
}

/** Where it ends (the first piece after it), never before {@link runStart}. */
export function runEnd(run: PieceRun, pieceCount: number): number {
  const start = runStart(run, pieceCount)
  if (!Number.isInteger(run.count)) return start
  return Math.max(start, Math.min(pieceCount, run.start + run.count))
}
