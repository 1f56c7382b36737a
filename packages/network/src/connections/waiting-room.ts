import type { Millis } from '@p2pshare/base'
import { CONNECTIONS } from '../limits/index.ts'

/** Limits of a {@link WaitingRoom}; {@link CONNECTIONS} unless told. */
export type WaitingLimits = Pick<
  typeof CONNECTIONS,
  'pending' | 'pendingPerHost' | 'burstPerHost' | 'newPerSecond' | 'hostsRemembered'
>

/** Bytes of the stages that a handshake passes: the name of multistream-select, then a first message of noise or TLS. */
const STAGES = [20, 48] as const
/** Each other one of its block counts as so many ms of being stuck. */
const CROWD_MS = 1000

/** What the room knows of one connection. */
export interface Waiting {
  /** Its address block; undefined: exempt from what one block may have. */
  readonly block: string | undefined
  readonly since: Millis
  /** Bytes it has sent so far. */
  heard(): number
}

interface Entry<T extends Waiting> {
  guest: T
  /** Of {@link STAGES} passed, and one more when it has shown who it is. */
  stage: number
  /** When it was first seen at this stage. */
  stuckSince: Millis
}

/**
 * The inbound connections whose handshake has not ended. Holding a place costs an attacker nothing, so when the room
 * is full a newcomer is not turned away: the one that looks least like a handshake leaves, first who has said least, then
 * who is of a block with many others, then who has been here longest (an honest handshake is over in a moment).
 * Pure: the caller closes whom the room drops. Memory: {@link WaitingLimits}.
 */
export class WaitingRoom<T extends Waiting> {
  readonly #limits: { [K in keyof WaitingLimits]: number }
  readonly #entries = new Map<T, Entry<T>>()
  readonly #perBlock = new Map<string, number>()
  /** Newcomers that a block may still send, and when that was true. Least lately seen first. */
  readonly #rates = new Map<string, { left: number; at: Millis }>()

  constructor(limits: Partial<{ [K in keyof WaitingLimits]: number }> = {}) {
    this.#limits = { ...CONNECTIONS, ...limits }
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * A connection comes in.
   * @returns whether it may begin; `drop` is to be closed to make room for it
   */
  enter(guest: T): { admitted: boolean; drop?: T } {
    const { block, since } = guest
    if (block !== undefined) {
      if ((this.#perBlock.get(block) ?? 0) >= this.#limits.pendingPerHost) return { admitted: false }
      if (!this.#spend(block, since)) return { admitted: false }
    }
    const drop = this.#entries.size >= this.#limits.pending ? this.#mostStuck(since) : undefined
    if (drop !== undefined) this.leave(drop)
    this.#entries.set(guest, { guest, stage: 0, stuckSince: since })
    if (block !== undefined) this.#perBlock.set(block, (this.#perBlock.get(block) ?? 0) + 1)
    return drop === undefined ? { admitted: true } : { admitted: true, drop }
  }

  /** It has shown who it is: it goes last when others have to make room. */
  proven(guest: T): void {
    const entry = this.#entries.get(guest)
    if (entry !== undefined) entry.stage = STAGES.length + 1
  }

  /** Its handshake has ended, well or not. */
  leave(guest: T): void {
    if (!this.#entries.delete(guest) || guest.block === undefined) return
    const others = (this.#perBlock.get(guest.block) ?? 1) - 1
    if (others > 0) this.#perBlock.set(guest.block, others)
    else this.#perBlock.delete(guest.block)
  }

  #mostStuck(now: Millis): T | undefined {
    let most: T | undefined
    let longest = Number.NEGATIVE_INFINITY
    for (const entry of this.#entries.values()) {
      const { guest } = entry
      this.#noteStage(entry, now)
      const others = guest.block === undefined ? 0 : (this.#perBlock.get(guest.block) ?? 1) - 1
      const stuck = (now - entry.stuckSince + others * CROWD_MS) / (entry.stage + 1)
      // Equal ones: the first in the map has been here longest.
      if (stuck > longest) {
        most = guest
        longest = stuck
      }
    }
    return most
  }

  #noteStage(entry: Entry<T>, now: Millis): void {
    const heard = entry.guest.heard()
    const stage = STAGES.filter((bytes) => heard >= bytes).length
    if (stage <= entry.stage) return
    entry.stage = stage
    entry.stuckSince = now
  }

  /** Takes one from what a block may send; false when nothing is left. */
  #spend(block: string, now: Millis): boolean {
    const { burstPerHost, newPerSecond, hostsRemembered } = this.#limits
    const rate = this.#rates.get(block) ?? { left: burstPerHost, at: now }
    const left = Math.min(burstPerHost, rate.left + ((now - rate.at) / 1000) * newPerSecond)
    this.#rates.delete(block)
    const [oldest] = this.#rates.keys()
    if (this.#rates.size >= hostsRemembered && oldest !== undefined) this.#rates.delete(oldest)
    this.#rates.set(block, { left: left >= 1 ? left - 1 : left, at: now })
    return left >= 1
  }
}
