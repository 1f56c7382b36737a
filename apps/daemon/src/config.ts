import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseRate, parseSizePerPeriod, printable, ShareError } from '@p2pshare/base'
import { z } from 'zod'

const addresses = z.array(z.string().min(1).max(1024)).max(100)

/** Such as `50MB/s` or `800KiB/s`; undefined = none. */
const rate = z
  .string()
  .max(64)
  .transform((text, context) => {
    const value = parseRate(text)
    if (value === undefined && !/^none$/i.test(text))
      context.addIssue('not a rate; write 50MB/s, 800KiB/s or none')
    return value
  })
  .optional()

/** As {@link rate}, where `none` is a word of its own: it undoes what was set before. */
const rateOrNone = z
  .string()
  .max(64)
  .transform((text, context) => {
    const value = /^none$/i.test(text) ? null : parseRate(text)
    if (value === undefined) context.addIssue('not a rate; write 2MB/s or none')
    return value
  })
  .optional()

/** Such as `10GiB/day` or `300GB/month`; bytes null = no bound. */
const budget = z
  .string()
  .max(64)
  .transform((text, context) => {
    const value = /^none$/i.test(text) ? { bytes: null, period: 'day' as const } : parseSizePerPeriod(text)
    if (value === undefined) context.addIssue('not a budget; write 10GiB/day, 300GB/month or none')
    return value
  })
  .optional()

const PLACES = 'write 1 to 1000'
const places = z.int(PLACES).min(1, PLACES).max(1000, PLACES)
const placesText = z.string().regex(/^\d+$/, PLACES).transform(Number).pipe(places)

const slots = z.int().min(1).max(1000)
const slotsText = z.string().regex(/^\d+$/).transform(Number).pipe(slots)

/** Keys of config.json that the daemon reads; all have defaults. */
const schema = z.object({
  listen: addresses.default(['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001']),
  /** Without any, the network's own are used (for `public`, those of the Amino DHT). */
  bootstrap: addresses.default([]),
  network: z.string().min(1).max(4096).default('public'),
  /** What is tried first; peers that do not have it get noise. */
  encryption: z.enum(['noise', 'tls'], 'write noise or tls').default('noise'),
  /** Private networks only: everything on the wire is enciphered with the network's key; all members alike. */
  pnet: z.boolean().default(false),
  mdns: z.boolean().default(true),
  /** The interface, or the address, that all sockets are bound to. */
  bind: z.string().min(1).max(64).optional(),
  /** Whether the router is asked for a port; unless told, in every network but `local`. */
  portMapping: z.boolean().optional(),
  downloads: z
    .string()
    .min(1)
    .max(4096)
    .default(() => join(homedir(), 'Downloads')),
  /** Rate limits to start with; what `p2pshare limit` sets later counts until these change. */
  up: rate,
  down: rate,
  /** Whether the limits hold for peers on the local network, too. */
  includeLan: z.boolean().optional(),
  /** How many peers are served at once; `auto`: as many as the measured upload capacity asks for. */
  uploadSlots: z.union([z.literal('auto'), slots, slotsText], 'write auto, or 1 to 1000').default('auto'),
  /** When seeding, prefer peers at the beginning and the end of their download. */
  antiLeech: z.boolean().default(false),
  superSeed: z.enum(['auto', 'on', 'off'], 'write auto, on or off').default('auto'),
  /** What of shares is announced that were seeded without a word on it. */
  announce: z.enum(['roots', 'files', 'chunks'], 'write roots, files or chunks').default('chunks'),
  /**
   * What is relayed for others; `auto`: signals, once they can reach this node. These four hold until
   * `p2pshare relay` says something else, and again when they change.
   */
  relay: z.enum(['auto', 'off', 'signals', 'data'], 'write auto, off, signals or data').optional(),
  relayBudget: budget,
  relayRate: rateOrNone,
  relayPlaces: z.union([places, placesText], PLACES).optional()
})

/** The daemon's options, merged and checked. */
export type DaemonConfig = z.infer<typeof schema>
type Key = keyof DaemonConfig

const KEYS = Object.keys(schema.shape) as Key[]

/** Where options come from; command line wins over environment over file. */
export interface ConfigSources {
  overrides: Readonly<Record<string, string | string[] | boolean>>
  env: Readonly<Record<string, string | undefined>>
  file: string
}

/**
 * Reads the daemon's options.
 * @throws ShareError `daemon.bad-config`, naming the key and where it was given
 */
export function readConfig(sources: ConfigSources): DaemonConfig {
  const fromFile = readFile(sources.file)
  const merged: Record<string, unknown> = {}
  const origin: Record<string, string> = {}
  for (const key of KEYS) {
    const option = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const variable = `P2PSHARE_${option.toUpperCase().replaceAll('-', '_')}`
    const places: [string, unknown][] = [
      [`--${option}`, sources.overrides[option]],
      [variable, fromText(key, sources.env[variable])],
      [`key "${key}" of ${printable(sources.file)}`, fromFile[key]]
    ]
    const given = places.find(([, value]) => value !== undefined)
    if (given === undefined) continue
    origin[key] = given[0]
    merged[key] = given[1]
  }
  const parsed = schema.safeParse(merged)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const key = String(issue?.path[0] ?? '?')
    throw badConfig(`${origin[key] ?? key} is not valid: ${issue?.message ?? 'unknown reason'}`)
  }
  return { ...parsed.data, downloads: resolve(parsed.data.downloads) }
}

/** Keys that are true or false. */
const FLAGS: ReadonlySet<Key> = new Set<Key>(['mdns', 'portMapping', 'pnet', 'includeLan', 'antiLeech'])

function fromText(key: Key, text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined
  if (key === 'listen' || key === 'bootstrap') return text.split(/[\s,]+/).filter((part) => part !== '')
  if (!FLAGS.has(key)) return text
  if (/^(1|true|yes|on)$/i.test(text)) return true
  return /^(0|false|no|off)$/i.test(text) ? false : text
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
