import { TWIN } from '../../limits/index.ts'

/** Which end of a connection to our own key was seen. */
export type Side = 'inbound' | 'outbound'

/** One end that has not found its other end. */
interface Sighting {
  side: Side
  /** Where the other end is, for people. */
  place: string
  at: number
}

/** Ends that wait for their other end; more are dropped, oldest first. */
const MAX_WAITING = 32

/**
 * Tells another node with our key from ourselves. A handshake that ends at our own key has two ends: when we see both,
 * we have dialled ourselves (through the router, or by a name); when we see one, the other end is in another process.
 * Pure; times are monotonic ms.
 */
export class SelfSightings {
  #waiting: Sighting[] = []
  #twin: Sighting | undefined

  /** One end of such a handshake was seen here. */
  note(side: Side, place: string, now: number): void {
    this.#settle(now)
    const other = this.#waiting.findIndex((each) => each.side !== side)
    if (other === -1) this.#waiting = [...this.#waiting, { side, place, at: now }].slice(-MAX_WAITING)
    else this.#waiting.splice(other, 1)
  }

  /** Where another node with our key was seen lately; undefined when none was. */
  twin(now: number): string | undefined {
    this.#settle(now)
    if (this.#twin !== undefined && now - this.#twin.at >= TWIN.memory) this.#twin = undefined
    return this.#twin?.place
  }

  /** Ends that have waited long enough have their other end elsewhere. */
  #settle(now: number): void {
    const alone = this.#waiting.filter(({ at }) => now - at >= TWIN.pairing)
    this.#waiting = this.#waiting.filter(({ at }) => now - at < TWIN.pairing)
    this.#twin = alone.at(-1) ?? this.#twin
  }
}
