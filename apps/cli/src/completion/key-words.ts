import { type ConfigKey, problemOf, valueFromText } from '@p2pshare/control/config'

/** Words that are quoted in what is said of a key, and no examples: `none` and `auto`, but neither `5MB/s` nor `30s`. */
const WORDS = /`([a-z]+)`/g

/**
 * What may be written for a key of config.json: the words that its type takes, or else the names of files. Nothing of one
 * that no command sets.
 */
export function wordsOfKey(key: ConfigKey): readonly string[] | 'files' {
  if (key.onlyInFile !== undefined) return []
  const words = [...key.unit.matchAll(WORDS)]
    .map(([, word = '']) => word)
    .filter((word) => problemOf(key, valueFromText(key, word)) === undefined)
  return words.length === 0 && /\bpaths?\b/.test(key.unit) ? 'files' : words
}
