import {
  CONFIG_KEYS,
  type ConfigKey,
  problemOf,
  textOfValue,
  valueFromText,
  variableOf
} from '@p2pshare/control/config'
import { printable } from '@p2pshare/base'

/** A key with what counts for it. */
export interface KeyView {
  key: string
  /** As it is written; null where nobody set it. */
  value: unknown
  from: 'environment' | 'file' | 'default'
  /** Why the value cannot be used. */
  problem?: string
  default: string
  unit: string
  about: string
  counts: ConfigKey['counts']
  /** Why no command sets it. */
  onlyInFile?: string
}

/** What a key is for what starts now: environment over file over default. */
export function keyView(
  [name, key]: [string, ConfigKey],
  file: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>
): KeyView {
  const { usual, unit, about, counts } = key
  const text = key.onlyInFile === undefined ? env[variableOf(name)] : undefined
  const given = text === undefined || text === '' ? undefined : valueFromText(key, text)
  const value = given ?? (Object.hasOwn(file, name) ? file[name] : undefined)
  const problem = value === undefined ? undefined : problemOf(key, value)
  return {
    key: name,
    value: value ?? null,
    from: given !== undefined ? 'environment' : value !== undefined ? 'file' : 'default',
    ...(problem === undefined ? {} : { problem }),
    ...{ default: usual, unit, about, counts },
    ...(key.onlyInFile === undefined ? {} : { onlyInFile: key.onlyInFile })
  }
}

/** Every key in the order of the documentation. */
export function allKeyViews(
  file: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>
): KeyView[] {
  return Object.entries(CONFIG_KEYS).map((entry) => keyView(entry, file, env))
}

/** The value as one would write it. */
export function valueText({ value, default: usual, from, onlyInFile }: KeyView): string {
  if (from === 'default') return usual.replaceAll('`', '')
  // As it stands in the file, where blanks and commas are part of arguments.
  return printable(onlyInFile === undefined ? textOfValue(value) : JSON.stringify(value), 200)
}
