import { CONFIG_KEYS, type ConfigKey, optionOf, unknownKeySentence } from '@p2pshare/control/config'
import { usageError } from '../exit-code.ts'

/** The key that a word names, also where it is written as its option (`port-mapping`). @throws ShareError `cli.usage` */
export function knownKey(word: string): [name: string, key: ConfigKey] {
  const found = Object.entries(CONFIG_KEYS).find(([name]) => name === word || optionOf(name) === word)
  if (found !== undefined) return found
  throw usageError(unknownKeySentence(word), 'See p2pshare config list.')
}
