import type { KeyValueStore, RelayChange, RelayChoice, RelaySettings } from '@p2pshare/ports'
import { RELAY } from '../limits/index.ts'
import type { BudgetState } from './byte-budget.ts'

/** How a node relays when nobody says otherwise. */
export const RELAY_DEFAULTS: RelaySettings = {
  choice: 'auto',
  budget: { bytes: RELAY.defaultBudget, period: 'day' },
  rate: null,
  places: null
}

const CHOICES: readonly RelayChoice[] = ['auto', 'off', 'signals', 'data']
const SETTINGS_KEY = 'settings'

/**
 * The relay's part of the catalogue. Of two words on one setting the last one counts: what was set while running is
 * kept with the configuration of that time, and holds until the configuration says something else.
 */
export class RelayStore {
  readonly #values: KeyValueStore
  #config: RelayChange

  constructor(values: KeyValueStore, config: RelayChange) {
    this.#values = values
    this.#config = config
  }

  /** From now on the configuration says this. */
  configure(config: RelayChange): void {
    this.#config = config
  }

  /** What holds; what is damaged counts as not set. */
  settings(): RelaySettings {
    const { then, change } = this.#stored()
    const merged = { ...RELAY_DEFAULTS }
    for (const key of Object.keys(merged) as (keyof RelaySettings)[]) {
      const configured = this.#config[key]
      const kept = JSON.stringify(then[key]) === JSON.stringify(configured) ? change[key] : undefined
      const said = kept !== undefined ? kept : configured
      if (said !== undefined) Object.assign(merged, { [key]: said })
    }
    return merged
  }

  /** Keeps what was changed by hand. */
  keep(change: RelayChange): void {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    const { then, change: before } = this.#stored()
    const stillHolds = Object.entries(before).filter(
      ([key]) => JSON.stringify(then[key as keyof RelayChange]) === JSON.stringify(this.#config[key as never])
    )
    this.#write(SETTINGS_KEY, {
      config: this.#config,
      change: { ...Object.fromEntries(stillHolds), ...given }
    })
  }

  budget(name: 'data' | 'signals'): BudgetState | undefined {
    const { start, spent } = this.#read(name)
    return isCount(start) && isCount(spent) ? { start, spent } : undefined
  }

  keepBudget(name: 'data' | 'signals', state: BudgetState): void {
    this.#write(name, { ...state })
  }

  #stored(): { then: RelayChange; change: RelayChange } {
    const { config, change } = this.#read(SETTINGS_KEY)
    return { then: checked(config), change: checked(change) }
  }

  #read(key: string): Record<string, unknown> {
    const bytes = this.#values.get(key)
    if (bytes === undefined) return {}
    try {
      return asRecord(JSON.parse(new TextDecoder().decode(bytes)))
    } catch {
      // Damaged: as if it had never been set.
      return {}
    }
  }

  #write(key: string, value: Record<string, unknown>): void {
    this.#values.put(key, new TextEncoder().encode(JSON.stringify(value)))
  }
}

/** What of a value read back is a change. */
function checked(value: unknown): RelayChange {
  const { choice, budget, rate, places } = asRecord(value)
  const { bytes, period } = asRecord(budget)
  const change: RelayChange = {}
  if (CHOICES.includes(choice as RelayChoice)) change.choice = choice as RelayChoice
  if ((isCount(bytes) || bytes === null) && (period === 'day' || period === 'month'))
    change.budget = { bytes, period }
  if (isCount(rate) || rate === null) change.rate = rate
  if (places === null || (isCount(places) && places >= 1 && places <= RELAY.maxPlaces)) change.places = places
  return change
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
