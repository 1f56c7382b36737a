import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import {
  DAEMON_KEYS,
  type DaemonConfig,
  daemonConfig,
  optionOf,
  unknownKeyWarnings,
  valueFromText,
  variableOf
} from '@p2pshare/control/config'

type Key = keyof DaemonConfig

const KEYS = Object.keys(DAEMON_KEYS) as Key[]

/** Where options come from; command line wins over environment over file. */
export interface ConfigSources {
  overrides: Readonly<Record<string, string | string[] | boolean>>
  env: Readonly<Record<string, string | undefined>>
  file: string
}

/** The daemon's options, and what there is to say of where they come from. */
export interface ReadConfig {
  config: DaemonConfig
  /** Keys of the file that the environment or the command line overrules. */
  overruled: string[]
  /** Sentences for the user: keys that nobody knows. */
  warnings: string[]
}

/**
 * Reads the daemon's options.
 * @throws ShareError `daemon.bad-config`, naming the key and where it was given
 */
export function readConfig(sources: ConfigSources): ReadConfig {
  const fromFile = readFile(sources.file)
  const merged: Record<string, unknown> = {}
  const origin: Record<string, string> = {}
  const overruled: string[] = []
  for (const key of KEYS) {
    const variable = variableOf(key)
    const inFile = `key "${key}" of ${printable(sources.file)}`
    const places: [string, unknown][] = [
      [`--${optionOf(key)}`, sources.overrides[optionOf(key)]],
      [variable, fromText(key, sources.env[variable])],
      [inFile, fromFile[key]]
    ]
    const given = places.find(([, value]) => value !== undefined)
    if (given === undefined) continue
    origin[key] = given[0]
    merged[key] = given[1]
    if (fromFile[key] !== undefined && given[0] !== inFile) overruled.push(key)
  }
  const parsed = daemonConfig.safeParse(merged)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const key = String(issue?.path[0] ?? '?')
    throw badConfig(`${origin[key] ?? key} is not valid: ${issue?.message ?? 'unknown reason'}`)
  }
  const { downloads, partFolder } = parsed.data
  const parts = partFolder === undefined ? {} : { partFolder: resolve(partFolder) }
  const config = { ...parsed.data, downloads: resolve(downloads), ...parts }
  return { config, overruled, warnings: unknownKeyWarnings(fromFile) }
}

function fromText(key: Key, text: string | undefined): unknown {
  return text === undefined || text === '' ? undefined : valueFromText(DAEMON_KEYS[key], text)
}

function readFile(file: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw badConfig(`${printable(file)} cannot be read: ${(error as Error).message}`)
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch (error) {
    throw badConfig(`${printable(file)} is not JSON: ${printable((error as Error).message)}`)
  }
  throw badConfig(`${printable(file)} must hold one JSON object`)
}

function badConfig(message: string): ShareError {
  return new ShareError({
    code: 'daemon.bad-config',
    fault: 'daemon',
    message,
    hint: 'Correct it, or remove it to use the default.'
  })
}
