import { type ByteRate, type Bytes, bytes, type Millis, millis } from './units.ts'

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4
}
const TIME_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  '': 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000
}

function quantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text.trim())
  const factor = units[match?.[2]?.toLowerCase() ?? '?']
  if (match === null || factor === undefined) return undefined
  const value = Math.round(Number(match[1]) * factor)
  return Number.isSafeInteger(value) ? value : undefined
}

/** Reads a size such as `10GiB`, `1.5 MB`, `4096`; k, m, g alone are powers of 1024. Undefined when malformed. */
export function parseSize(text: string): Bytes | undefined {
  const value = quantity(text, SIZE_UNITS)
  return value === undefined ? undefined : bytes(value)
}

/** Reads a duration such as `5s`, `2m`, `1h`, `250ms`; a bare number is seconds. Undefined when malformed. */
export function parseDuration(text: string): Millis | undefined {
  const value = quantity(text, TIME_UNITS)
  return value === undefined ? undefined : millis(value)
}

/** Reads a rate such as `50MB/s` or `800KiB/s` (the `/s` may be missing); at least 1 B/s. Undefined when malformed. */
export function parseRate(text: string): ByteRate | undefined {
  const value = quantity(text.trim().replace(/\/s$/i, ''), SIZE_UNITS)
  return value === undefined || value === 0 ? undefined : (value as ByteRate)
}

/** Bytes for each day or calendar month. */
export interface SizePerPeriod {
  bytes: Bytes
  period: 'day' | 'month'
}

/** Reads `10GiB/day`, `300GB/month`; without a period it is a day's. At least 1 B. Undefined when malformed. */
export function parseSizePerPeriod(text: string): SizePerPeriod | undefined {
  const [size = '', period = 'day', ...more] = text.trim().toLowerCase().split('/')
  const value = parseSize(size)
  const isPeriod = period === 'day' || period === 'month'
  return value === undefined || value === 0 || !isPeriod || more.length > 0
    ? undefined
    : { bytes: value, period }
}

/** A size for people, in powers of 1024 with at most four significant characters: `0 B`, `1023 B`, `1.5 MiB`. */
export function formatSize(size: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = size
  let i = 0
  while (value >= 1023.5 && i < names.length - 1) {
    value /= 1024
    i++
  }
  return `${i === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${names[i]}`
}

/** A duration for people: `0s`, `59s`, `3m 20s`, `2h 5m`, `4d 3h`. */
export function formatDuration(duration: number): string {
  const s = Math.max(0, Math.round(duration / 1000))
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`
  if (s < 86_400) return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`
  return `${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3600)}h`
}

const SPANS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's']
] as const

/** A time as a user would set it: the two largest units that are not 0, rounded down: `7d`, `1h 30m`, `1d 1m`. */
export function formatSpan(duration: number): string {
  let rest = Math.max(0, Math.floor(duration / 1000)) * 1000
  const parts: string[] = []
  for (const [length, name] of SPANS) {
    if (rest < length || parts.length === 2) continue
    parts.push(`${Math.floor(rest / length)}${name}`)
    rest %= length
  }
  return parts.length === 0 ? '0s' : parts.join(' ')
}
