import type { SuperSeedEffect } from './super-seed-events.ts'

interface Telling {
  /** The map that comes first: undefined when the peer's map is only changed. */
  show: { pieces: readonly number[] | undefined } | undefined
  readonly added: Set<number>
  readonly removed: Set<number>
}

/** Gathers what peers are to be told, so that each gets one message of a kind. */
export class Tellings {
  readonly #peers = new Map<string, Telling>()

  /** The peer's map anew; what was gathered before is void. */
  show(peer: string, pieces: readonly number[] | undefined): void {
    this.#peers.set(peer, { show: { pieces }, added: new Set(), removed: new Set() })
  }

  offer(peer: string, piece: number): void {
    const telling = this.#of(peer)
    telling.removed.delete(piece)
    telling.added.add(piece)
  }

  withdraw(peer: string, piece: number): void {
    const telling = this.#of(peer)
    // Offered and withdrawn between two messages: as if nothing had been.
    if (!telling.added.delete(piece)) telling.removed.add(piece)
  }

  /** The peer is gone. */
  forget(peer: string): void {
    this.#peers.delete(peer)
  }

  take(): SuperSeedEffect[] {
    const effects: SuperSeedEffect[] = []
    for (const [peer, { show, added, removed }] of this.#peers) {
      if (show !== undefined) effects.push({ kind: 'show', peer, pieces: show.pieces })
      if (added.size + removed.size > 0)
        effects.push({
          kind: 'change',
          peer,
          added: [...added].toSorted(up),
          removed: [...removed].toSorted(up)
        })
    }
    this.#peers.clear()
    return effects
  }

  #of(peer: string): Telling {
    const known = this.#peers.get(peer)
    if (known !== undefined) return known
    const telling: Telling = { show: undefined, added: new Set(), removed: new Set() }
    this.#peers.set(peer, telling)
    return telling
  }
}

const up = (a: number, b: number): number => a - b
