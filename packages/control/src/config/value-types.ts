import { parseDuration, parseRate, parseSize, parseSizePerPeriod } from '@p2pshare/base'
import { z } from 'zod'

/** Multiaddrs, at most 100. */
export const addresses = z.array(z.string().min(1).max(1024)).max(100)

/** Such as `50MB/s` or `800KiB/s`; undefined = none. */
export const rate = z
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
export const rateOrNone = z
  .string()
  .max(64)
  .transform((text, context) => {
    const value = /^none$/i.test(text) ? null : parseRate(text)
    if (value === undefined) context.addIssue('not a rate; write 2MB/s or none')
    return value
  })
  .optional()

/** Such as `10GiB/day` or `300GB/month`; bytes null = no bound. */
export const budget = z
  .string()
  .max(64)
  .transform((text, context) => {
    const value = /^none$/i.test(text) ? { bytes: null, period: 'day' as const } : parseSizePerPeriod(text)
    if (value === undefined) context.addIssue('not a budget; write 10GiB/day, 300GB/month or none')
    return value
  })
  .optional()

/** Such as `30s` or `5m`. */
export const duration = z
  .string()
  .max(64)
  .refine((text) => parseDuration(text) !== undefined, 'not a time; write 30s, 5m or 1h')

/** A whole number from 1 to 1,000, as a number or in digits. */
export function upToThousand(message: string): z.ZodType<number> {
  const places = z.int(message).min(1, message).max(1000, message)
  return z.union([places, z.string().regex(/^\d+$/, message).transform(Number).pipe(places)], message)
}

/** Such as `2GiB` or `5%` (of each disk, at most 90); or `auto`. */
export const minFree = z
  .string()
  .max(64)
  .transform((text, context): 'auto' | { bytes: number } | { part: number } => {
    if (/^auto$/i.test(text)) return 'auto'
    const percent = /^(\d{1,2}(?:\.\d{1,6})?)\s*%$/.exec(text.trim())
    const bytes = percent === null ? parseSize(text) : undefined
    if (bytes !== undefined) return { bytes }
    const part = Number(percent?.[1] ?? Number.NaN) / 100
    if (!(part <= 0.9)) context.addIssue('not an amount; write 2GiB, 5% (at most 90%) or auto')
    return { part }
  })
  .default('auto')
