import type { BudgetPeriod } from '@p2pshare/ports'
import { RELAY } from '../limits/index.ts'

/** What a budget is made of. */
export interface BudgetRule {
  /** Bytes in each period; null = no bound. */
  bytes: number | null
  period: BudgetPeriod
}

/** How far a budget is used. */
export interface BudgetState {
  /** Wall time at which the period began, ms. */
  start: number
  spent: number
}

/**
 * Bytes that may be carried in a day or a calendar month, UTC. Pure; times are wall times in ms. When the wall clock
 * leaves the period, either way, it begins anew.
 */
export class ByteBudget {
  #rule: BudgetRule
  #state: BudgetState
  #users = new Map<string, number>()

  constructor(rule: BudgetRule, wall: number, state?: BudgetState) {
    this.#rule = rule
    this.#state = state ?? { start: periodStart(wall, rule.period), spent: 0 }
    this.#roll(wall)
  }

  /** Another rule; what is spent counts on while the period stays the same. */
  change(rule: BudgetRule, wall: number): void {
    this.#rule = rule
    this.#roll(wall)
  }

  /** Bytes left; infinite without a bound. */
  left(wall: number): number {
    this.#roll(wall)
    return this.#rule.bytes === null
      ? Number.POSITIVE_INFINITY
      : Math.max(0, this.#rule.bytes - this.#state.spent)
  }

  /** Bytes left for a user of the budget, who may have a part of it. */
  leftFor(user: string, part: number, wall: number): number {
    const left = this.left(wall)
    if (this.#rule.bytes === null) return left
    return Math.min(left, Math.max(0, Math.floor(this.#rule.bytes * part) - (this.#users.get(user) ?? 0)))
  }

  spend(bytes: number, users: readonly string[], wall: number): void {
    this.#roll(wall)
    this.#state.spent += bytes
    for (const user of users) this.#charge(user, bytes)
  }

  state(wall: number): BudgetState {
    this.#roll(wall)
    return { ...this.#state }
  }

  /** Wall time at which the next period begins. */
  resetsAt(wall: number): number {
    return nextPeriod(wall, this.#rule.period)
  }

  /** Who used it last stays known; of very many users, those of longest ago are forgotten. */
  #charge(user: string, bytes: number): void {
    const before = this.#users.get(user) ?? 0
    this.#users.delete(user)
    this.#users.set(user, before + bytes)
    if (this.#users.size <= RELAY.maxUsers) return
    const [oldest] = this.#users.keys()
    if (oldest !== undefined) this.#users.delete(oldest)
  }

  #roll(wall: number): void {
    const start = periodStart(wall, this.#rule.period)
    if (this.#state.start === start) return
    this.#state = { start, spent: 0 }
    this.#users.clear()
  }
}

/** Wall time at which the period of a wall time began. */
export function periodStart(wall: number, period: BudgetPeriod): number {
  const date = new Date(wall)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), period === 'day' ? date.getUTCDate() : 1)
}

function nextPeriod(wall: number, period: BudgetPeriod): number {
  const date = new Date(wall)
  return period === 'day'
    ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1)
    : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}
