import { parseRate, printable } from '@p2pshare/base'
import type { AlternativeLimits } from '@p2pshare/control'
import { usageError } from '../exit-code.ts'

type Weekday = AlternativeLimits['days'][number]
/** Monday first, as a range such as `mon-sun` means it. */
const WEEK: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** Reads `50MB/s`, `800KiB/s` or `none` (null). @throws ShareError `cli.usage` */
export function rateOption(name: string, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  if (/^none$/i.test(text)) return null
  const rate = parseRate(text)
  if (rate === undefined)
    throw usageError(`--${name} is not a rate: ${printable(text, 60)}`, 'Write 50MB/s, 800KiB/s or none.')
  return rate
}

/** Reads a time of day such as `9:00` or `17:30`; `24:00` is midnight. @throws ShareError `cli.usage` */
export function timeOption(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const [, hours, minutes] = /^(\d{1,2}):([0-5]\d)$/.exec(text) ?? []
  const midnight = hours === '24' && minutes === '00'
  if (hours === undefined || minutes === undefined || (Number(hours) > 23 && !midnight))
    throw usageError(`--${name} is not a time of day: ${printable(text, 60)}`, 'Write 09:00 or 17:30.')
  return midnight ? '00:00' : `${hours.padStart(2, '0')}:${minutes}`
}

/** Reads days such as `mon-fri`, `sat,sun`, `fri-mon` or `every`. @throws ShareError `cli.usage` */
export function daysOption(name: string, text: string | undefined): Weekday[] | undefined {
  if (text === undefined) return undefined
  if (/^every$/i.test(text)) return [...WEEK]
  const days = new Set(text.toLowerCase().split(',').flatMap(dayRange))
  if (days.has(undefined))
    throw usageError(
      `--${name} is not a list of days: ${printable(text, 60)}`,
      'Write mon-fri, sat,sun or every.'
    )
  return WEEK.filter((day) => days.has(day))
}

/** The days of `tue` or `fri-mon`; one undefined when it is neither. */
function dayRange(text: string): (Weekday | undefined)[] {
  const [first, last, ...more] = text.split('-').map((word) => WEEK.indexOf(word as Weekday))
  if (first === undefined || first < 0 || last === -1 || more.length > 0) return [undefined]
  const count = last === undefined ? 1 : ((last - first + 7) % 7) + 1
  return Array.from({ length: count }, (_, i) => WEEK[(first + i) % 7])
}

const MODES = ['on', 'off', 'auto'] as const

/** Reads `on`, `off` or `auto`. @throws ShareError `cli.usage` */
export function modeOption(name: string, text: string | undefined): (typeof MODES)[number] | undefined {
  const mode = MODES.find((one) => one === text?.toLowerCase())
  if (text !== undefined && mode === undefined)
    throw usageError(`--${name} must be on, off or auto, not ${printable(text, 60)}`)
  return mode
}
