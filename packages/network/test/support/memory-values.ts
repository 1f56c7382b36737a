import type { KeyValueStore } from '@p2pshare/ports'

/** A value store in memory that outlives the node it is given to. */
export function memoryValues(): KeyValueStore & { readonly rows: Map<string, Uint8Array> } {
  const rows = new Map<string, Uint8Array>()
  return {
    rows,
    get: (key) => rows.get(key),
    put: (key, value) => void rows.set(key, value),
    delete: (key) => void rows.delete(key),
    *query(prefix) {
      for (const key of [...rows.keys()].filter((each) => each.startsWith(prefix)).sort()) {
        const value = rows.get(key)
        if (value !== undefined) yield { key, value }
      }
    },
    batch(puts, deletes) {
      for (const { key, value } of puts) rows.set(key, value)
      for (const key of deletes) rows.delete(key)
    }
  }
}
