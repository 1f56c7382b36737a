import { nearestName, printable } from '@p2pshare/base'
import { CONFIG_KEYS } from './config-keys.ts'

/** Unknown keys that are named one by one. */
const MOST_NAMED = 10

/** A sentence for each key of config.json that nobody reads, with the one that was meant where that can be told. */
export function unknownKeyWarnings(file: Readonly<Record<string, unknown>>): string[] {
  const unknown = Object.keys(file).filter((key) => !Object.hasOwn(CONFIG_KEYS, key))
  const named = unknown.slice(0, MOST_NAMED).map((key) => `config.json: ${unknownKeySentence(key)}`)
  const more = unknown.length - named.length
  return more > 0 ? [...named, `config.json: ${more} more keys are unknown`] : named
}

/** Says that a key is not known, and the nearest one that is. */
export function unknownKeySentence(key: string): string {
  const nearest = nearestName(key, Object.keys(CONFIG_KEYS))
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return `there is no key "${printable(key, 60)}"${meant}`
}
