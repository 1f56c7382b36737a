import { type Clock, type Millis, millis, MINUTE, SECOND } from '@p2pshare/base'
import type { KeyValueStore } from '@p2pshare/ports'
import { jsonBytes, jsonObject, readJson } from '../stored-json.ts'

/** Time between two looks counts up to this: what is more, the machine slept. */
const LONGEST_STEP = 10 * SECOND
/** How often the node's own time is written: so much of it a SIGKILL costs. */
const SAVE_EVERY = MINUTE
/** No hash of a share. */
const UPTIME = 'uptime'

interface Row {
  /** ms, without the run that goes on. */
  seeded: number
  /** Uptime when the run that goes on began. */
  since: number | undefined
}

/**
 * For how long each share was seeded, over restarts. One clock runs for the node while the daemon does; a share has a
 * row that changes only when it begins or ends to seed, so that ten thousand shares cost no more than one.
 */
export class SeedingTime {
  readonly #values: KeyValueStore
  readonly #clock: Clock
  readonly #rows = new Map<string, Row>()
  #uptime: number
  #saved: number
  #last: Millis

  constructor(values: KeyValueStore, clock: Clock) {
    this.#values = values
    this.#clock = clock
    this.#last = clock.now()
    this.#uptime = amount(readJson(values, UPTIME)['ms']) ?? 0
    this.#saved = this.#uptime
    for (const { key, value } of values.query('')) {
      if (key === UPTIME) continue
      const { seeded, since } = jsonObject(value)
      const begun = amount(since)
      // What came after the last write of the node's time is lost with it.
      this.#rows.set(key, {
        seeded: amount(seeded) ?? 0,
        since: begun === undefined ? undefined : Math.min(begun, this.#uptime)
      })
    }
  }

  /** Time that this node has run, over restarts; ms. */
  get uptime(): number {
    return this.#uptime
  }

  /** Lets time pass; called once a second. */
  tick(): void {
    const now = this.#clock.now()
    this.#uptime += Math.min(now - this.#last, LONGEST_STEP)
    this.#last = now
    if (this.#uptime - this.#saved >= SAVE_EVERY) this.save()
  }

  /** The share is seeded from now on, or still. */
  begin(cid: string): void {
    const row = this.#rows.get(cid)
    if (row?.since === undefined) this.#put(cid, { seeded: row?.seeded ?? 0, since: this.#uptime })
  }

  /** It is not, or not any more. */
  end(cid: string): void {
    const row = this.#rows.get(cid)
    if (row?.since !== undefined) this.#put(cid, { seeded: this.seeded(cid), since: undefined })
  }

  seeded(cid: string): Millis {
    const row = this.#rows.get(cid)
    if (row === undefined) return millis(0)
    return millis(row.seeded + (row.since === undefined ? 0 : this.#uptime - row.since))
  }

  /** The share is removed. */
  forget(cid: string): void {
    if (this.#rows.delete(cid)) this.#values.delete(cid)
  }

  save(): void {
    this.#saved = this.#uptime
    this.#values.put(UPTIME, jsonBytes({ ms: Math.round(this.#uptime) }))
  }

  #put(cid: string, row: Row): void {
    this.#rows.set(cid, row)
    const { seeded, since } = row
    this.#values.put(
      cid,
      jsonBytes({ seeded: Math.round(seeded), ...(since === undefined ? {} : { since: Math.round(since) }) })
    )
  }
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}
