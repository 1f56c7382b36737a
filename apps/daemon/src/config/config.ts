import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import {
  type ConfigKey,
  DAEMON_KEYS,
  type DaemonConfig,
  daemonConfig,
  optionOf,
  unknownKeyWarnings,
  valueFromText,
  variableOf
} from '@p2pshare/control/config'
import { foreignHand } from './own-file.ts'

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
  /** Sentences for the user: keys that nobody knows, and those that are not trusted. */
  warnings: string[]
}

/**
 * Reads the daemon's options.
 * @throws ShareError `daemon.bad-config`, naming the key and where it was given
 */
export function readConfig(sources: ConfigSources): ReadConfig {
  const { values: fromFile, warnings } = trusted(readFile(sources.file), sources.env)
  const merged: Record<string, unknown> = {}
  const origin: Record<string, string> = {}
  const overruled: string[] = []
  for (const key of KEYS) {
    const inFile = `key "${key}" of ${printable(sources.file)}`
    const places: [string, unknown][] = [...placesBefore(key, sources), [inFile, fromFile[key]]]
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
  return { config, overruled, warnings }
}

/** What wins over the file. */
function placesBefore(key: Key, { overrides, env }: ConfigSources): [string, unknown][] {
  if (isOnlyInFile(key)) return []
  const [option, variable] = [optionOf(key), variableOf(key)]
  return [
    [`--${option}`, overrides[option]],
    [variable, fromText(key, env[variable])]
  ]
}

interface FileContent {
  values: Record<string, unknown>
  /** How somebody else than the user could have written it. */
  foreign?: string | undefined
}

/** What of the file is used: keys that name programs only where nobody else could have written them. */
function trusted(
  { values, foreign }: FileContent,
  env: ConfigSources['env']
): { values: Record<string, unknown>; warnings: string[] } {
  const warnings = unknownKeyWarnings(values)
  const used = { ...values }
  for (const key of KEYS.filter(isOnlyInFile)) {
    if (env[variableOf(key)] !== undefined)
      warnings.push(`${variableOf(key)} is not read: ${key} is taken from config.json alone`)
    if (foreign === undefined || used[key] === undefined) continue
    warnings.push(`config.json: ${key} is not used: ${foreign}`)
    delete used[key]
  }
  return { values: used, warnings }
}

function isOnlyInFile(key: Key): boolean {
  const { onlyInFile }: ConfigKey = DAEMON_KEYS[key]
  return onlyInFile !== undefined
}

function fromText(key: Key, text: string | undefined): unknown {
  return text === undefined || text === '' ? undefined : valueFromText(DAEMON_KEYS[key], text)
}

function readFile(path: string): FileContent {
  let text: string
  let foreign: string | undefined
  try {
    const file = openSync(path, 'r')
    try {
      text = readFileSync(file, 'utf8')
      foreign = foreignHand(path, fstatSync(file))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { values: {} }
    throw badConfig(`${printable(path)} cannot be read: ${(error as Error).message}`)
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { values: value as Record<string, unknown>, foreign }
  } catch (error) {
    throw badConfig(`${printable(path)} is not JSON: ${printable((error as Error).message)}`)
  }
  throw badConfig(`${printable(path)} must hold one JSON object`)
}

function badConfig(message: string): ShareError {
  return new ShareError({
    code: 'daemon.bad-config',
    fault: 'daemon',
    message,
    hint: 'Correct it, or remove it to use the default.'
  })
}
