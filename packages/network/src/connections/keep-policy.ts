import type { PeerWorth } from '@p2pshare/ports'
import { CONNECTIONS, KEEPING } from '../limits/index.ts'

/** How much a DHT of ours needs a peer: `near` are the closest to ourselves, whom we must know to be found. */
export type DhtNeed = 'near' | 'table' | 'none'

/** A connection as the choice of whom to keep sees it. */
export interface HeldConnection {
  inbound: boolean
  /** Over a relay, which spends another's bytes. */
  relayed: boolean
  /** Since it was opened, ms. */
  age: number
  /** Undefined without a swarm link on this connection. */
  swarm: PeerWorth | undefined
  dht: DhtNeed
  /** Something else goes on: a request of the DHT, identify, a connection that we relay. */
  busy: boolean
  /** It has a place at our relay: we promised that it can be reached through us. */
  placed: boolean
  /** There is a better connection to the same peer. */
  spare: boolean
}

/** How many connections there may be. */
export interface KeepLimits {
  /** Above it what is of no use goes. */
  comfortable: number
  /** Above it whatever is worth least goes. */
  max: number
  maxInbound: number
}

/** Worth of a connection by what it is used for; from {@link IN_USE} on it is only closed above the maximum. */
const WORTH = {
  spare: 0,
  useless: 1,
  /** It may still become of use; also what a stranger who knocks is worth. */
  young: 2,
  inTable: 3,
  busy: 4,
  near: 5,
  placed: 10,
  linked: 11,
  shares: 20,
  wanting: 30,
  wanted: 40,
  transferring: 100
} as const
const IN_USE = WORTH.placed
/** At most so many shares in common count. */
const MOST_SHARES = 9

/**
 * What a connection is worth: swarm first, then the DHT, and among equals those that we dialled, direct ones, and
 * older ones (fractions below 1).
 */
export function worthOf(held: HeldConnection): number {
  const { inbound, relayed, age } = held
  const tieBreak = (inbound ? 0 : 0.4) + (relayed ? 0 : 0.2) + 0.3 * (age / (age + 3_600_000))
  return useOf(held) + tieBreak
}

function useOf({ swarm, dht, busy, placed, spare, age }: HeldConnection): number {
  if (swarm?.transferring === true) return WORTH.transferring
  if (spare && !busy) return WORTH.spare
  if (swarm !== undefined) return useOfLink(swarm)
  if (placed) return WORTH.placed
  if (dht === 'near') return WORTH.near
  if (busy) return WORTH.busy
  if (dht === 'table') return WORTH.inTable
  return age < KEEPING.grace ? WORTH.young : WORTH.useless
}

function useOfLink({ shares, wanted, wanting }: PeerWorth): number {
  if (shares === 0) return WORTH.linked
  const side = wanted ? WORTH.wanted : wanting ? WORTH.wanting : WORTH.shares
  return side + Math.min(shares, MOST_SHARES)
}

/**
 * Whom to close. Between the comfortable number and the maximum only what no swarm uses and is not at work; above the
 * maximum whatever is worth least, so one in the middle of a transfer goes only when all others are, too.
 * @returns those to close, worth least first
 */
export function chooseToClose<T extends HeldConnection>(all: readonly T[], limits: KeepLimits): T[] {
  const byWorth = all.map((held) => ({ held, worth: worthOf(held) })).sort((a, b) => a.worth - b.worth)
  const closing = new Set<T>()
  const idle = byWorth.filter(({ held, worth }) => worth < IN_USE && !held.busy && held.age >= KEEPING.grace)
  take(closing, idle, all.length - limits.comfortable)
  take(closing, byWorth, all.length - limits.max - closing.size)
  const inbound = byWorth.filter(({ held }) => held.inbound && !closing.has(held))
  take(closing, inbound, inbound.length - limits.maxInbound)
  return [...closing]
}

function take<T>(into: Set<T>, from: readonly { held: T }[], count: number): void {
  let left = count
  for (const { held } of from) {
    if (left <= 0) return
    if (into.has(held)) continue
    into.add(held)
    left--
  }
}

/** What is known of a peer that wants to come in. */
export interface Newcomer {
  swarm: PeerWorth | undefined
  dht: DhtNeed
}

/**
 * Whether one more inbound connection may come: there is room, or one that we have is worth less, which then makes
 * room. Undefined is a stranger that has not shown who it is.
 */
export function hasPlace(
  all: readonly HeldConnection[],
  newcomer: Newcomer | undefined,
  limits: KeepLimits = CONNECTIONS
): boolean {
  const inbound = all.filter((held) => held.inbound)
  if (all.length < limits.max && inbound.length < limits.maxInbound) return true
  const worth = useOf({
    swarm: undefined,
    dht: 'none',
    ...newcomer,
    inbound: true,
    relayed: false,
    age: 0,
    busy: false,
    placed: false,
    spare: false
  })
  const replaceable = inbound.length >= limits.maxInbound ? inbound : all
  return replaceable.some((held) => useOf(held) < worth)
}
