import { readFileSync } from 'node:fs'
import { printable, ShareError } from '@p2pshare/base'
import type { OptionTable } from './command.ts'
import { usageError } from './exit-code.ts'

/** Values of options after command line, environment and file are merged. */
export interface Settings {
  text(name: string): string | undefined
  /** False when given nowhere. */
  flag(name: string): boolean
  list(name: string): string[] | undefined
  /** What the command line alone gave, by long name. */
  readonly given: Readonly<Record<string, string | string[] | boolean>>
}

type Value = string | boolean | string[]

/** Where values come from, the first that has one wins. */
export interface Sources {
  /** As yargs parsed it; by long name. */
  argv: Readonly<Record<string, unknown>>
  env: Readonly<Record<string, string | undefined>>
  /** The parsed config.json. */
  file: Readonly<Record<string, unknown>>
}

/** Merges the sources for the options of one command. @throws ShareError `cli.usage`, `cli.config-damaged` */
export function mergeSettings(options: OptionTable, sources: Sources): Settings {
  const given: Record<string, Value> = {}
  const values: Record<string, Value> = {}
  for (const [name, spec] of Object.entries(options)) {
    const own = fromArgv(name, spec.type, sources.argv[name])
    if (own !== undefined) given[name] = own
    const value =
      own ??
      (spec.env === false ? undefined : fromEnv(name, spec.type, sources.env)) ??
      (spec.file === false ? undefined : fromFile(name, spec.type, sources.file))
    if (value !== undefined) values[name] = value
  }
  return {
    given,
    text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
    flag: (name) => values[name] === true,
    list: (name) => (Array.isArray(values[name]) ? values[name] : undefined)
  }
}

/** Reads config.json; a missing file is an empty one. @throws ShareError `cli.config-damaged` */
export function readConfig(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return {}
    throw damaged(`${printable(path)} cannot be read (${code ?? 'unknown error'})`)
  }
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>
  } catch (error) {
    throw damaged(`${printable(path)} is not JSON: ${printable((error as Error).message)}`)
  }
  throw damaged(`${printable(path)} must hold one JSON object`)
}

/** As {@link readConfig}, but what is damaged, or does not fit its option, counts as not there. */
export function readSoundConfig(path: string, options: OptionTable): Record<string, unknown> {
  try {
    const sound = Object.entries(readConfig(path)).filter(([key, value]) => {
      const type = options[key]?.type
      return type !== undefined && fits(value, type)
    })
    return Object.fromEntries(sound)
  } catch {
    return {}
  }
}

type Type = OptionTable[string]['type']

function fromArgv(name: string, type: Type, value: unknown): Value | undefined {
  if (value === undefined) return undefined
  if (type === 'list') return (Array.isArray(value) ? value : [value]).map(String)
  if (type === 'boolean') return Boolean(Array.isArray(value) ? value.at(-1) : value)
  if (Array.isArray(value)) throw usageError(`--${name} is given ${value.length} times`)
  if (value === '') throw usageError(`--${name} needs a value`)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function fromEnv(name: string, type: Type, env: Sources['env']): Value | undefined {
  const variable = `P2PSHARE_${name.toUpperCase().replaceAll('-', '_')}`
  const value = env[variable]
  if (value === undefined || value === '') return undefined
  if (type === 'string') return value
  if (type === 'list') return value.split(/[\s,]+/).filter((part) => part !== '')
  if (/^(1|true|yes|on)$/i.test(value)) return true
  if (/^(0|false|no|off)$/i.test(value)) return false
  throw usageError(`${variable} must be true or false, not ${printable(value, 60)}`)
}

function fromFile(name: string, type: Type, file: Sources['file']): Value | undefined {
  const camel = name.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase())
  const key = [name, camel].find((one) => Object.hasOwn(file, one))
  if (key === undefined) return undefined
  const value = file[key]
  if (fits(value, type)) return value
  throw damaged(`key "${key}" of config.json must be ${WORDS[type]}`)
}

const WORDS: Readonly<Record<Type, string>> = {
  boolean: 'true or false',
  string: 'a text',
  list: 'a list of texts'
}

function fits(value: unknown, type: Type): value is Value {
  if (type === 'list') return Array.isArray(value) && value.every((one) => typeof one === 'string')
  return typeof value === type
}

function damaged(message: string): ShareError {
  return new ShareError({
    code: 'cli.config-damaged',
    fault: 'daemon',
    message,
    hint: 'Correct or remove it.'
  })
}
