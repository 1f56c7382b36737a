import type { KeyValueStore } from '@p2pshare/ports'
import { jsonBytes, jsonObject } from '../stored-json.ts'

/** A share whose pieces are to be verified. */
export interface CheckedShare {
  readonly cid: string
  /** Resolves when done, whatever came of it. */
  verify(): Promise<void>
}

/**
 * Lets so many shares at a time be verified; the others go on with what they do until their turn comes. Kept over
 * restarts, in order; a check that was under way then begins anew.
 */
export class CheckQueue {
  readonly #running = new Set<string>()
  readonly #waiting = new Map<string, CheckedShare>()
  readonly #values: KeyValueStore
  #rank = 0
  #limit: number | undefined
  #stopped = false

  /** @param limit - checks at a time; undefined = no limit */
  constructor(values: KeyValueStore, limit: number | undefined) {
    this.#values = values
    this.#limit = limit
  }

  /** Takes up what an earlier run left; what is damaged comes last, and shares that are gone are forgotten. */
  start(find: (cid: string) => CheckedShare | undefined): void {
    const left = [...this.#values.query('')]
      .map(({ key, value }) => ({ cid: key, rank: rankOf(jsonObject(value)['rank']) }))
      .toSorted((a, b) => a.rank - b.rank)
    this.#values.batch(
      [],
      left.map(({ cid }) => cid)
    )
    for (const { cid } of left) {
      const share = find(cid)
      if (share !== undefined) this.#append(share)
    }
    this.#pump()
  }

  /** Checks at a time; undefined = no limit. */
  get limit(): number | undefined {
    return this.#limit
  }

  /** Hashes of shares that wait, first to last. */
  get waiting(): string[] {
    return [...this.#waiting.keys()]
  }

  /** Hashes of shares that are verified now. */
  get running(): string[] {
    return [...this.#running]
  }

  /** Begins at once, or when its turn comes; one that is under way or waits already is left as it is. */
  check(share: CheckedShare): 'checking' | 'queued' {
    const { cid } = share
    if (!this.#running.has(cid) && !this.#waiting.has(cid)) this.#append(share)
    this.#pump()
    return this.#running.has(cid) ? 'checking' : 'queued'
  }

  /** The share is gone. */
  forget(cid: string): void {
    this.#waiting.delete(cid)
    this.#values.delete(cid)
  }

  configure(limit: number | undefined): void {
    this.#limit = limit
    this.#pump()
  }

  /** Nothing begins any more; what is not done is taken up by the next run. */
  stop(): void {
    this.#stopped = true
    this.#waiting.clear()
  }

  /** What a share waits for, in words; undefined when it does not. */
  words(cid: string): string | undefined {
    if (!this.#waiting.has(cid)) return undefined
    const place = this.waiting.indexOf(cid) + 1
    return `waits to be verified, place ${place} of ${this.#waiting.size}`
  }

  #append(share: CheckedShare): void {
    this.#waiting.set(share.cid, share)
    this.#values.put(share.cid, jsonBytes({ rank: ++this.#rank }))
  }

  #pump(): void {
    for (const [cid, share] of this.#waiting) {
      if (this.#stopped || this.#running.size >= (this.#limit ?? Number.POSITIVE_INFINITY)) return
      this.#waiting.delete(cid)
      this.#running.add(cid)
      void share.verify().finally(() => {
        this.#running.delete(cid)
        // A check that the end of the daemon ended is not done.
        if (this.#stopped) return
        this.#values.delete(cid)
        this.#pump()
      })
    }
  }
}

function rankOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : Number.MAX_SAFE_INTEGER
}
