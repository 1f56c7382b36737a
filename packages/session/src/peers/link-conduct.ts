import { type Millis, MINUTE } from '@p2pshare/base'
import { Allowance } from '@p2pshare/engine'
import { type SwarmMessage, WIRE_LIMITS } from '@p2pshare/wire'

/** Piece maps and changes of them that a peer may send at once, and in each minute. */
const MAP_MESSAGES = 65_536
/** Pieces that these may name: the largest share four times over. A run of a million is few bytes to send. */
const MAP_CHANGES = 4 * WIRE_LIMITS.pieces
/** A map is copied by words, not by bits. */
const MAP_WORD = 32
/** Chokes, unchokes and changes of interest, at once and in each minute; honest ones are a few in 10 s and share. */
const FLIPS = 2048
/** Requests for what we never said we have, or that make no sense, at once and in each minute. */
const POINTLESS_REQUESTS = 256

/**
 * How a peer behaves on one link where a single message is harmless, and only very many are not:
 * what it announces and withdraws again, what it asks in vain.
 */
export class LinkConduct {
  readonly #messages: Allowance
  readonly #changes: Allowance
  readonly #flips: Allowance
  readonly #pointless: Allowance

  constructor(now: Millis) {
    this.#messages = new Allowance(MAP_MESSAGES, MINUTE, now)
    this.#changes = new Allowance(MAP_CHANGES, MINUTE, now)
    this.#flips = new Allowance(FLIPS, MINUTE, now)
    this.#pointless = new Allowance(POINTLESS_REQUESTS, MINUTE, now)
  }

  /** Counts a message that came; says what is wrong when the peer overdoes it. */
  receive(message: SwarmMessage, now: Millis): string | undefined {
    if (message.type === 'choke' || message.type === 'interest')
      return this.#flips.spend(1, now) ? undefined : 'chokes and unchokes without end'
    const changes = changesIn(message)
    if (changes === undefined) return undefined
    if (this.#messages.spend(1, now) && this.#changes.spend(changes, now)) return undefined
    return 'announces and withdraws pieces without end'
  }

  /** Counts a request that cannot be served; says what is wrong when the peer overdoes it. */
  refuse(now: Millis): string | undefined {
    return this.#pointless.spend(1, now) ? undefined : 'keeps asking for what we never said we have'
  }
}

/** Work that a message about a piece map makes; undefined for other messages. */
function changesIn(message: SwarmMessage): number | undefined {
  if (message.type === 'piece-map') return Math.ceil(message.pieces.length / MAP_WORD)
  if (message.type !== 'piece-delta') return undefined
  let changes = 0
  for (const { count } of message.added) changes += count
  for (const { count } of message.removed) changes += count
  return changes
}
