import type { KeyValueStore } from '@p2pshare/ports'

const AWAITED = 'awaited:'
const DUE = 'due:'
const TOLD = 'told:'
const NOTHING = new Uint8Array(0)

/**
 * Which fetches owe a hook at their end, which ended and did not get it yet, and of which shares it was told that they
 * have been seeded enough; in the catalogue, so that none is missed or told twice, whatever ends the daemon.
 */
export class OwedHooks {
  readonly #values: KeyValueStore

  constructor(values: KeyValueStore) {
    this.#values = values
  }

  /** The share is being fetched. */
  await(cid: string): void {
    if (this.#values.get(AWAITED + cid) === undefined) this.#values.put(AWAITED + cid, NOTHING)
  }

  /** What was being fetched is here. @returns false where nobody waited for that: it is no news */
  arrived(cid: string): boolean {
    if (this.#values.get(AWAITED + cid) === undefined) return false
    this.#values.batch([{ key: DUE + cid, value: NOTHING }], [AWAITED + cid])
    return true
  }

  /** Whether its hook has yet to run. */
  isDue(cid: string): boolean {
    return this.#values.get(DUE + cid) !== undefined
  }

  /** Its hook is about to run: it will not run again, even if the daemon is killed in the middle. */
  settle(cid: string): void {
    this.#values.delete(DUE + cid)
  }

  /** Whether it was told that the share has been seeded enough. */
  isTold(cid: string): boolean {
    return this.#values.get(TOLD + cid) !== undefined
  }

  /** It is about to be told, and is not again. */
  tell(cid: string): void {
    this.#values.put(TOLD + cid, NOTHING)
  }

  /** It is seeded again: that it stops is news once more. */
  takenUp(cid: string): void {
    if (this.isTold(cid)) this.#values.delete(TOLD + cid)
  }

  /** Forgets all shares but these. */
  keepOnly(cids: ReadonlySet<string>): void {
    const keys = [AWAITED, DUE, TOLD].flatMap((prefix) =>
      [...this.#values.query(prefix)].flatMap(({ key }) => (cids.has(key.slice(prefix.length)) ? [] : [key]))
    )
    if (keys.length > 0) this.#values.batch([], keys)
  }
}
