import type { KeyValueStore } from '@p2pshare/ports'

/** A part of a value store: all keys below `prefix`, shown without it. */
export function prefixedValues(values: KeyValueStore, prefix: string): KeyValueStore {
  return {
    get: (key) => values.get(prefix + key),
    put: (key, value) => values.put(prefix + key, value),
    delete: (key) => values.delete(prefix + key),
    *query(below) {
      for (const { key, value } of values.query(prefix + below))
        yield { key: key.slice(prefix.length), value }
    },
    batch(puts, deletes) {
      values.batch(
        [...puts].map(({ key, value }) => ({ key: prefix + key, value })),
        [...deletes].map((key) => prefix + key)
      )
    }
  }
}
