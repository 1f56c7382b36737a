import { KiB, MiB, type Millis, millis } from '@p2pshare/base'

/** Every number that shapes choking; times in milliseconds, sizes in bytes. */
export interface ChokerLimits {
  /** Regular slots are given anew this often (BEP 3: 10 s, against fibrillation). */
  readonly round: Millis
  /** The optimistic slots move on every so many rounds (BEP 3: every third, 30 s). */
  readonly optimisticRounds: number
  /** One slot of so many is optimistic, at least one (libtorrent: one in five). */
  readonly slotsPerOptimistic: number
  /** How much likelier a newcomer gets an optimistic slot (BEP 3: three times). */
  readonly newcomerWeight: number
  /** How much likelier one gets it who gave us content of the share before, or is too poor to give. */
  readonly giverWeight: number
  /** For how long after joining a peer counts as a newcomer. */
  readonly newcomerTime: Millis
  /** A seeder serves a peer at least this much before the slot moves on. */
  readonly seedQuantum: number
  /** A seeder lets a peer that takes little keep its slot no longer than this. */
  readonly seedTurn: Millis
  /** Fewest and most automatic slots. */
  readonly leastSlots: number
  readonly mostSlots: number
  /** Divides the square root in {@link slotsFor}: a higher one gives fewer, faster slots. */
  readonly slotDivisor: number
}

/** The limits in use unless the caller says otherwise. */
export const DEFAULT_CHOKER_LIMITS: ChokerLimits = {
  round: millis(10_000),
  optimisticRounds: 3,
  slotsPerOptimistic: 5,
  newcomerWeight: 3,
  giverWeight: 16,
  newcomerTime: millis(60_000),
  seedQuantum: 16 * MiB,
  seedTurn: millis(60_000),
  leastSlots: 3,
  mostSlots: 32,
  slotDivisor: 6
}

/**
 * How many peers are served at once at an upload capacity of `capacity` bytes per second:
 * √(0.6 × KiB/s) ÷ divisor. The root is the original BitTorrent client's rule; it grows slower
 * than the capacity, so each slot of a fast node is faster, too. We divide it, because our pieces
 * are 1 MiB: a peer can pass on only whole pieces, so few slots that finish pieces quickly spread
 * content faster than many slow ones. In the simulator (60 peers, 100 pieces, 1 MiB/s each, no
 * super-seeding) the last was done after 1.77 × the bound with 8 slots, 1.39 × with 4, 1.30 × with 2;
 * with 2, peers that give more are served no sooner.
 */
export function slotsFor(capacity: number, limits: ChokerLimits = DEFAULT_CHOKER_LIMITS): number {
  const wish = Math.round(Math.sqrt((0.6 * Math.max(0, capacity)) / KiB) / limits.slotDivisor)
  return Math.min(limits.mostSlots, Math.max(limits.leastSlots, wish))
}
