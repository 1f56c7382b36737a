import type { PiecePriority } from '../../src/picker/piece-picker.ts'

/** A run of pieces that a reader waits for. */
export interface Wait {
  start: number
  end: number
  due: number
}

/** The picker as one would explain it: slow, obvious, and compared with the real one. */
export class ReferencePicker {
  /** Missing pieces that nobody works on, the skipped ones too. */
  readonly candidates: Set<number>
  readonly claims = new Map<string, Set<number>>()
  readonly priorities = new Map<number, PiecePriority>()
  /** In the order in which they were said; a later one replaces an earlier one. */
  readonly waits: Wait[] = []

  constructor(missing: Iterable<number>) {
    this.candidates = new Set(missing)
  }

  availability(piece: number): number {
    return [...this.claims.values()].filter((pieces) => pieces.has(piece)).length
  }

  priority(piece: number): PiecePriority {
    return this.priorities.get(piece) ?? 2
  }

  /** Candidates that the peer has and that are not skipped, those of the highest priority only. */
  #best(peer: string): number[] {
    const wanted = [...this.candidates].filter((p) => this.priority(p) > 0 && this.claims.get(peer)?.has(p))
    const highest = Math.max(...wanted.map((piece) => this.priority(piece)))
    return wanted.filter((piece) => this.priority(piece) === highest)
  }

  /** All pieces that are right answers for the peer: of the highest priority those of the least availability. */
  rarest(peer: string): Set<number> {
    const best = this.#best(peer)
    const least = Math.min(...best.map((piece) => this.availability(piece)))
    return new Set(best.filter((piece) => this.availability(piece) === least))
  }

  /** The right answers where any will do. */
  random(peer: string): Set<number> {
    return new Set(this.#best(peer))
  }

  /** The right answer in a sequential fetch: the lowest of the highest priority. */
  first(peer: string): Set<number> {
    const best = this.#best(peer)
    return new Set(best.length === 0 ? [] : [Math.min(...best)])
  }

  /** When a piece is due; Infinity: nobody waits for it. */
  due(piece: number): number {
    const last = this.waits.findLast(({ start, end }) => piece >= start && piece < end)
    return last?.due ?? Number.POSITIVE_INFINITY
  }

  /** In which order a lone peer is asked in a sequential fetch: what readers wait for by due time, then by priority. */
  sequence(peer: string): number[] {
    const own = [...this.candidates].filter((p) => this.priority(p) > 0 && this.claims.get(peer)?.has(p))
    const rank = (p: number): number[] =>
      this.due(p) < Number.POSITIVE_INFINITY ? [0, this.due(p), p] : [1, -this.priority(p), p]
    return own.sort((a, b) => compare(rank(a), rank(b)))
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, x] of a.entries()) if (x !== b[i]) return x - (b[i] ?? 0)
  return 0
}
