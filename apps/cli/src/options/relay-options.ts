import { parseSizePerPeriod, printable } from '@p2pshare/base'
import type { RelayRequest } from '@p2pshare/control'
import { usageError } from '../exit-code.ts'
import { rateOption } from './limit-options.ts'

type Budget = NonNullable<RelayRequest['budget']>

/** Ways to relay, as the command line names them. */
export const RELAY_CHOICES = ['auto', 'off', 'signals', 'data'] as const

/** Reads `10GiB/day`, `300GB/month` or `none`. @throws ShareError `cli.usage` */
export function budgetOption(name: string, text: string | undefined): Budget | undefined {
  if (text === undefined) return undefined
  if (/^none$/i.test(text)) return { bytes: null, period: 'day' }
  const budget = parseSizePerPeriod(text)
  if (budget === undefined)
    throw usageError(
      `--${name} is not a budget: ${printable(text, 60)}`,
      'Write 10GiB/day, 300GB/month or none.'
    )
  return budget
}

/** Reads a number of places, 1 to 1000. @throws ShareError `cli.usage` */
export function placesOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const places = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (places < 1 || places > 1000)
    throw usageError(`--${name} is not a number of places: ${printable(text, 60)}`, 'Write 1 to 1000.')
  return places
}

/** Looks at the relay options of a daemon. @throws ShareError `cli.usage` */
export function checkRelayOptions(given: Readonly<Record<string, string | string[] | boolean>>): void {
  const text = (name: string): string | undefined => {
    const value = given[name]
    return typeof value === 'string' ? value : undefined
  }
  const choice = text('relay')
  if (choice !== undefined && !RELAY_CHOICES.includes(choice as 'auto'))
    throw usageError(
      `--relay is unknown: ${printable(choice, 60)}`,
      `Write one of ${RELAY_CHOICES.join(', ')}.`
    )
  budgetOption('relay-budget', text('relay-budget'))
  rateOption('relay-rate', text('relay-rate'))
  placesOption('relay-places', text('relay-places'))
}
