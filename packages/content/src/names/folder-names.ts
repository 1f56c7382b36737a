import { diskName, markName } from './disk-name.ts'

/**
 * What a file system may treat as equal: normal form and case set aside. Upper case first, since
 * that folds more (ß → SS, ſ → S); two names that only we take for equal lose nothing but looks.
 */
export function collisionKey(name: string): string {
  return name.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC')
}

/**
 * Maps the names of one folder to names that every system can store and tell apart. Of names that
 * would collide, the first in the given order keeps its own, the others become `name (2).ext`,
 * `name (3).ext` …; all nodes agree, since the order is the DAG's.
 *
 * @param names - all entries of the folder, each past the gate, in DAG order
 * @returns as many names, in the same order
 */
export function diskNames(names: readonly string[]): string[] {
  const mapped = names.map(diskName)
  const keys = mapped.map(collisionKey)
  const taken = new Map<string, number>()
  const first = keys.map((key) => {
    if (taken.has(key)) return false
    taken.set(key, 1)
    return true
  })
  return mapped.map((name, i) => (first[i] === true ? name : numbered(name, keys[i] ?? '', taken)))
}

/**
 * The next free numbered form. `taken` holds every key in use and the last number given out for
 * it, so that a million equal names cost a million steps and not their square.
 */
function numbered(name: string, key: string, taken: Map<string, number>): string {
  for (let n = (taken.get(key) ?? 1) + 1; ; n++) {
    const candidate = markName(name, ` (${n})`)
    const candidateKey = collisionKey(candidate)
    if (taken.has(candidateKey)) continue
    taken.set(key, n)
    taken.set(candidateKey, 1)
    return candidate
  }
}
