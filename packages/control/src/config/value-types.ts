import { isAbsolute } from 'node:path'
import { parseDuration, parseRate, parseSizePerPeriod } from '@p2pshare/base'
import { z } from 'zod'
import { STOP_LIMITS } from '../stop-limits.ts'

/** Multiaddrs, at most 100. */
export const addresses = z.array(z.string().min(1).max(1024)).max(100)

/** Absolute paths of folders, at most 20. */
export const folders = z.array(z.string().max(4096).refine(isAbsolute, 'not an absolute path')).max(20)

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

/** As {@link upToThousand}, or `none`, which is null. */
export function upToThousandOrNone(message: string): z.ZodType<number | null> {
  return z.union([upToThousand(message), z.literal('none').transform(() => null)], message)
}

/** A number within these, as a number or in digits, or `none`, which is null; undefined = none. */
function ruleValue(
  { least, most }: { least: number; most: number },
  read: (text: string) => number | undefined,
  message: string
) {
  return z
    .union([z.number(message), z.string(message).max(64, message)], message)
    .transform((given, context): number | null => {
      const text = String(given)
      const value = /^none$/i.test(text) ? null : read(text)
      if (value !== undefined && (value === null || (value >= least && value <= most))) return value
      context.addIssue(message)
      return null
    })
    .optional()
}

const decimal = (text: string): number | undefined =>
  /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined
const whole = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined)

/** A ratio such as 2 or 1.5. */
export const stopRatio = ruleValue(STOP_LIMITS.ratio, decimal, 'write a number from 0.01 to 1000, or none')
/** A time such as `7d`, in ms. */
export const stopTime = ruleValue(STOP_LIMITS.time, parseDuration, 'not a time; write 12h, 7d or none')
/** A number of others. */
export const stopReplicas = ruleValue(STOP_LIMITS.replicas, whole, 'write 1 to 100, or none')
