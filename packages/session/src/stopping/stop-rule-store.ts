import type { StopRules } from '@p2pshare/engine'
import type { KeyValueStore } from '@p2pshare/ports'
import { jsonBytes, jsonObject } from '../stored-json.ts'

/** Rules of one share; what is left out is as the daemon's. */
export type OwnRules = { [K in keyof StopRules]?: StopRules[K] | undefined }

/** What is kept of one share. */
export interface StopRow {
  readonly rules: OwnRules
  /** It was paused by its rules, for this reason. */
  readonly stopped: string | undefined
}

const NOTHING: StopRow = { rules: {}, stopped: undefined }

/** Rules of shares and what they led to, durable. */
export class StopRuleStore {
  readonly #values: KeyValueStore
  readonly #rows = new Map<string, StopRow>()

  /** Takes up what an earlier run kept; what is damaged is not set. */
  constructor(values: KeyValueStore) {
    this.#values = values
    for (const { key, value } of values.query('')) {
      const { ratio, time, replicas, stopped } = jsonObject(value)
      this.#rows.set(key, {
        rules: {
          ratio: ruleOf(ratio),
          time: ruleOf(time) as StopRules['time'] | undefined,
          replicas: ruleOf(replicas)
        },
        stopped: typeof stopped === 'string' ? stopped : undefined
      })
    }
  }

  of(cid: string): StopRow {
    return this.#rows.get(cid) ?? NOTHING
  }

  put(cid: string, row: StopRow): void {
    const { rules, stopped } = row
    const isEmpty = stopped === undefined && Object.values(rules).every((rule) => rule === undefined)
    if (isEmpty) return this.forget(cid)
    this.#rows.set(cid, row)
    this.#values.put(cid, jsonBytes({ ...rules, stopped }))
  }

  forget(cid: string): void {
    if (this.#rows.delete(cid)) this.#values.delete(cid)
  }
}

/** A number, null = never by that, undefined = as the daemon's. */
function ruleOf(value: unknown): number | null | undefined {
  if (value === null) return null
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** No share stops by itself. */
export const NEVER: StopRules = { ratio: null, time: null, replicas: null }

/** The rules that count for a share: its own, else the daemon's. */
export function inForce(own: OwnRules, usual: StopRules): StopRules {
  const { ratio = usual.ratio, time = usual.time, replicas = usual.replicas } = own
  return { ratio, time, replicas }
}
