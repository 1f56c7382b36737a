import type { KeyValueStore } from '@p2pshare/ports'
import { jsonBytes, jsonObject } from '../stored-json.ts'

interface Row {
  rank: number
  /** Runs regardless of the queue. */
  forced: boolean
}

/** The order of fetches, durable. Shares that are paused or in error are in it, too: they keep their place. */
export class QueueStore {
  readonly #values: KeyValueStore
  readonly #rows = new Map<string, Row>()
  #order: string[]

  /** Takes up what an earlier run kept; rows that make no sense go to the end. */
  constructor(values: KeyValueStore) {
    this.#values = values
    for (const { key, value } of values.query('')) {
      const { rank, forced } = jsonObject(value)
      this.#rows.set(key, {
        rank: typeof rank === 'number' && Number.isSafeInteger(rank) ? rank : Number.MAX_SAFE_INTEGER,
        forced: forced === true
      })
    }
    this.#order = [...this.#rows]
      .toSorted(([a, { rank: first }], [b, { rank: second }]) => first - second || (a < b ? -1 : 1))
      .map(([cid]) => cid)
  }

  /** First to last. */
  get order(): readonly string[] {
    return this.#order
  }

  isForced(cid: string): boolean {
    return this.#rows.get(cid)?.forced === true
  }

  /** Puts a share to the end, unless it has a place. */
  append(cid: string): void {
    if (this.#rows.has(cid)) return
    const last = this.#rows.get(this.#order.at(-1) ?? '')?.rank ?? 0
    this.#order.push(cid)
    if (last < Number.MAX_SAFE_INTEGER) this.#put(cid, { rank: last + 1, forced: false })
    else {
      this.#rows.set(cid, { rank: last, forced: false })
      this.reorder(this.#order)
    }
  }

  force(cid: string, forced: boolean): void {
    const row = this.#rows.get(cid)
    if (row !== undefined && row.forced !== forced) this.#put(cid, { ...row, forced })
  }

  /** @param order - the same shares; rows that change are written in one transaction */
  reorder(order: readonly string[]): void {
    this.#order = [...order]
    const changed = order.flatMap((cid, i) => {
      const row = this.#rows.get(cid)
      if (row === undefined || row.rank === i + 1) return []
      row.rank = i + 1
      return [{ key: cid, value: jsonBytes(row) }]
    })
    this.#values.batch(changed, [])
  }

  remove(cid: string): void {
    if (!this.#rows.delete(cid)) return
    this.#order = this.#order.filter((each) => each !== cid)
    this.#values.delete(cid)
  }

  #put(cid: string, row: Row): void {
    this.#rows.set(cid, row)
    this.#values.put(cid, jsonBytes(row))
  }
}
