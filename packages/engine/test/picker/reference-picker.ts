/** The picker as one would explain it: slow, obvious, and compared with the real one. */
export class ReferencePicker {
  readonly candidates: Set<number>
  readonly claims = new Map<string, Set<number>>()

  constructor(missing: Iterable<number>) {
    this.candidates = new Set(missing)
  }

  availability(piece: number): number {
    return [...this.claims.values()].filter((pieces) => pieces.has(piece)).length
  }

  /** All pieces that are right answers for the peer: candidates it has, of the least availability. */
  rightAnswers(peer: string): Set<number> {
    const possible = [...this.candidates].filter((piece) => this.claims.get(peer)?.has(piece))
    const least = Math.min(...possible.map((piece) => this.availability(piece)))
    return new Set(possible.filter((piece) => this.availability(piece) === least))
  }
}
