import type { KeyValueStore } from '@p2pshare/ports'
import { BaseDatastore } from 'datastore-core'
import { NotFoundError } from '@libp2p/interface'
import { type Batch, Key, type KeyQuery, type Pair, type Query } from 'interface-datastore'

/**
 * libp2p's datastore on a {@link KeyValueStore}: peer store and DHT tags outlive the process
 * without a second database. Keys are stored with the given prefix.
 */
export class ValueDatastore extends BaseDatastore {
  readonly #values: KeyValueStore
  readonly #prefix: string

  constructor(values: KeyValueStore, prefix: string) {
    super()
    this.#values = values
    this.#prefix = prefix
  }

  override put(key: Key, value: Uint8Array): Key {
    this.#values.put(this.#prefix + key.toString(), value)
    return key
  }

  /** @throws NotFoundError of libp2p, as its callers expect */
  override get(key: Key): Uint8Array {
    const value = this.#values.get(this.#prefix + key.toString())
    if (value === undefined) throw new NotFoundError(`no value for ${key.toString()}`)
    return value
  }

  override has(key: Key): boolean {
    return this.#values.get(this.#prefix + key.toString()) !== undefined
  }

  override delete(key: Key): void {
    this.#values.delete(this.#prefix + key.toString())
  }

  override batch(): Batch {
    const puts: { key: string; value: Uint8Array }[] = []
    const deletes: string[] = []
    return {
      put: (key, value) => {
        puts.push({ key: this.#prefix + key.toString(), value })
      },
      delete: (key) => {
        deletes.push(this.#prefix + key.toString())
      },
      commit: async () => this.#values.batch(puts.splice(0), deletes.splice(0))
    }
  }

  override async *_all(query: Query): AsyncGenerator<Pair> {
    for (const { key, value } of this.#rows(query.prefix)) yield { key: new Key(key, false), value }
  }

  override async *_allKeys(query: KeyQuery): AsyncGenerator<Key> {
    for (const { key } of this.#rows(query.prefix)) yield new Key(key, false)
  }

  /** Collected first: callers write while they iterate, which a live cursor may not survive. */
  #rows(prefix = '/'): { key: string; value: Uint8Array }[] {
    return [...this.#values.query(this.#prefix + prefix)].map(({ key, value }) => ({
      key: key.slice(this.#prefix.length),
      value
    }))
  }
}
