import type { KeyValueStore } from '@p2pshare/ports'

type Rows = Map<string, Uint8Array>

/**
 * A value store in memory for many rows: they are grouped by what stands before a key's last `/`, so
 * a query whose prefix ends with `/` costs what it finds and not all rows.
 */
export function groupedValues(): KeyValueStore {
  const groups = new Map<string, Rows>()
  /** For each prefix that ends with `/`, the groups below it. */
  const below = new Map<string, Set<string>>()

  const put = (key: string, value: Uint8Array): void => {
    const name = groupOf(key)
    let group = groups.get(name)
    if (group === undefined) {
      groups.set(name, (group = new Map()))
      for (const prefix of prefixesOf(name)) {
        const names = below.get(prefix)
        if (names === undefined) below.set(prefix, new Set([name]))
        else names.add(name)
      }
    }
    group.set(key, value)
  }
  const remove = (key: string): void => {
    const name = groupOf(key)
    const group = groups.get(name)
    if (group?.delete(key) !== true || group.size > 0) return
    groups.delete(name)
    for (const prefix of prefixesOf(name)) below.get(prefix)?.delete(name)
  }
  return {
    get: (key) => groups.get(groupOf(key))?.get(key),
    put,
    delete: remove,
    *query(prefix) {
      const names = below.get(groupOf(prefix)) ?? []
      const rows = [...names].flatMap((name) => [...(groups.get(name) ?? [])])
      const found = rows.filter(([key]) => key.startsWith(prefix))
      for (const [key, value] of found.sort(([a], [b]) => (a < b ? -1 : 1))) yield { key, value }
    },
    batch(puts, deletes) {
      for (const { key, value } of puts) put(key, value)
      for (const key of deletes) remove(key)
    }
  }
}

/** A key up to its last `/`. */
const groupOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1)

/** `a/b/` gives the empty prefix, `a/` and `a/b/`. */
function prefixesOf(group: string): string[] {
  const out = ['']
  for (let at = group.indexOf('/'); at >= 0; at = group.indexOf('/', at + 1)) out.push(group.slice(0, at + 1))
  return out
}
