import type { PieceIndex } from '@p2pshare/base'
import type { PieceRun } from '@p2pshare/wire'

/** Joins piece indices, in any order, into ascending runs. */
export function pieceRuns(pieces: readonly PieceIndex[]): PieceRun[] {
  const runs: PieceRun[] = []
  for (const piece of [...pieces].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last !== undefined && piece === last.start + last.count) last.count++
    else if (last === undefined || piece > last.start + last.count) runs.push({ start: piece, count: 1 })
  }
  return runs
}
