import { invariant, type Millis, millis } from '@p2pshare/base'
import {
  FORGET_AFTER,
  LONGEST_BAN,
  MOST_REMEMBERED,
  OFFENCE_POLICIES,
  STRIKE_WINDOW,
  type TrustOffence
} from './trust-policy.ts'

/** What to do about a peer after a strike. Times are on the caller's monotonic clock. */
export type TrustVerdict =
  | { kind: 'none' }
  /** Ask nothing of it until then. */
  | { kind: 'rest'; until: Millis }
  /** Close its links and take none for `forMs`. */
  | { kind: 'ban'; forMs: Millis; until: Millis; offence: TrustOffence }

interface Sheet {
  /** Times of the strikes that still count, by family; at most `tolerated` + 1 each. */
  strikes: Map<string, Millis[]>
  bannedUntil: Millis
  /** Length of the last ban; 0: none yet. */
  lastBan: number
  /** Last strike or end of the last ban. */
  touched: Millis
}

/** Who did wrong how often, for the whole node, by authenticated peer id. Memory: ≤ 20,000 peers. */
export class TrustLedger {
  readonly #sheets = new Map<string, Sheet>()
  readonly #most: number

  /** @param mostRemembered - peers kept */
  constructor(mostRemembered: number = MOST_REMEMBERED) {
    this.#most = mostRemembered
  }

  /** Notes an offence and says what it costs. A banned peer's later strikes change nothing. */
  strike(peer: string, offence: TrustOffence, now: Millis): TrustVerdict {
    const policy = OFFENCE_POLICIES[offence]
    const sheet = this.#sheet(peer, now)
    if (sheet.bannedUntil > now) {
      return { kind: 'ban', forMs: millis(sheet.bannedUntil - now), until: sheet.bannedUntil, offence }
    }
    sheet.touched = now
    const recent = (sheet.strikes.get(policy.family) ?? []).filter((at) => now - at < STRIKE_WINDOW)
    recent.push(now)
    sheet.strikes.set(policy.family, recent)
    if (recent.length <= policy.tolerated) {
      return policy.rest === 0 ? { kind: 'none' } : { kind: 'rest', until: millis(now + policy.rest) }
    }
    sheet.strikes.clear()
    const forMs = millis(Math.min(LONGEST_BAN, Math.max(policy.ban, sheet.lastBan * 2)))
    this.#ban(sheet, forMs, now)
    return { kind: 'ban', forMs, until: sheet.bannedUntil, offence }
  }

  isBanned(peer: string, now: Millis): boolean {
    return (this.#sheets.get(peer)?.bannedUntil ?? Number.NEGATIVE_INFINITY) > now
  }

  /** Bans that still hold, with the time left, to be kept over a restart. */
  bans(now: Millis): { peer: string; forMs: Millis }[] {
    const found: { peer: string; forMs: Millis }[] = []
    for (const [peer, sheet] of this.#sheets) {
      if (sheet.bannedUntil > now) found.push({ peer, forMs: millis(sheet.bannedUntil - now) })
    }
    return found
  }

  /**
   * Takes bans of an earlier run. A remaining time that makes no sense (clock changes) is ignored
   * when not above 0 and cut to 24 h when longer.
   */
  restore(bans: Iterable<{ peer: string; forMs: number }>, now: Millis): void {
    for (const { peer, forMs } of bans) {
      if (forMs > 0) this.#ban(this.#sheet(peer, now), millis(Math.min(forMs, LONGEST_BAN)), now)
    }
  }

  /** Lifts a ban and forgets what led to it. */
  pardon(peer: string): void {
    this.#sheets.delete(peer)
  }

  /** When the next ban ends; undefined when nobody is banned. Cost: O(peers remembered). */
  nextExpiry(now: Millis): Millis | undefined {
    let next: Millis | undefined
    for (const { bannedUntil } of this.#sheets.values()) {
      if (bannedUntil > now && (next === undefined || bannedUntil < next)) next = bannedUntil
    }
    return next
  }

  /** Throws when a bound does not hold; for tests. */
  checkInvariants(): void {
    invariant(this.#sheets.size <= this.#most, 'too many peers remembered')
    for (const sheet of this.#sheets.values()) {
      for (const times of sheet.strikes.values()) invariant(times.length <= 17, 'too many strikes kept')
      invariant(sheet.lastBan <= LONGEST_BAN, 'a ban over 24 h')
    }
  }

  #ban(sheet: Sheet, forMs: Millis, now: Millis): void {
    sheet.lastBan = forMs
    sheet.bannedUntil = millis(now + forMs)
    sheet.touched = sheet.bannedUntil
  }

  /** The peer's sheet, made if need be and moved to the young end. */
  #sheet(peer: string, now: Millis): Sheet {
    const old = this.#sheets.get(peer)
    const kept = old !== undefined && now - old.touched < FORGET_AFTER ? old : undefined
    const never = millis(Number.NEGATIVE_INFINITY)
    const sheet = kept ?? { strikes: new Map(), bannedUntil: never, lastBan: 0, touched: now }
    this.#sheets.delete(peer)
    if (this.#sheets.size >= this.#most) this.#evict(now)
    this.#sheets.set(peer, sheet)
    return sheet
  }

  /** Forgets the least recent peer that is not banned, or the least recent one. */
  #evict(now: Millis): void {
    let victim: string | undefined
    for (const [peer, sheet] of this.#sheets) {
      victim ??= peer
      if (sheet.bannedUntil > now) continue
      victim = peer
      break
    }
    if (victim !== undefined) this.#sheets.delete(victim)
  }
}
