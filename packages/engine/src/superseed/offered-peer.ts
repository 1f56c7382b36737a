import { type Bitfield, type Millis, millis } from '@p2pshare/base'

/** A piece that a peer was offered. */
export interface Offer {
  readonly piece: number
  /** Bytes sent of it. */
  sent: number
  /** `delivered`: all bytes are sent, the peer has not said yet that it has the piece. */
  state: 'offered' | 'taken' | 'delivered'
  /** When it lapses. */
  due: Millis
}

/** Bytes that were moved lately: what was added fades with time, by 1/e each horizon. */
export class Lately {
  readonly #horizon: number
  #bytes = 0
  #at = millis(0)

  constructor(horizon: Millis) {
    this.#horizon = horizon
  }

  add(bytes: number, now: Millis): void {
    this.#bytes = this.at(now) + bytes
    this.#at = now
  }

  /** In a steady flow: what moves within one horizon. */
  at(now: Millis): number {
    return this.#bytes * Math.exp((this.#at - now) / this.#horizon)
  }
}

/** What super-seeding knows of a subscriber. */
export interface OfferedPeer {
  readonly name: string
  /** Undefined until it tells; nothing is offered before. */
  pieces: Bitfield | undefined
  readonly offers: Map<number, Offer>
  /** Bytes of offers not yet sent. */
  openBytes: number
  /** It left offers alone, and is shown everything. */
  exempt: boolean
  /** Pieces it got from us that nobody else has yet. */
  hoard: number
  /** Number of the offer that it got last. */
  lastOffer: number
  restUntil: Millis
  /** It said that it has a piece that it got from us; before that it gets one at a time. */
  proven: boolean
  /** Pieces in a row that it got from us and never said it has. */
  kept: number
  readonly lately: Lately
}

/** A subscriber that has told nothing yet. */
export function newOfferedPeer(name: string, horizon: Millis): OfferedPeer {
  return {
    name,
    pieces: undefined,
    offers: new Map(),
    openBytes: 0,
    exempt: false,
    hoard: 0,
    lastOffer: 0,
    restUntil: millis(0),
    proven: false,
    kept: 0,
    lately: new Lately(horizon)
  }
}

/** Whether the peer still lacks something, as far as it told. */
export const isIncomplete = ({ pieces }: OfferedPeer): boolean => pieces?.isFull !== true
