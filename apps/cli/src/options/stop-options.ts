import { parseDuration, printable } from '@p2pshare/base'
import { STOP_LIMITS } from '@p2pshare/control/client'
import { usageError } from '../exit-code.ts'

/** Reads a ratio such as `2` or `1.5`, or `none` (null). @throws ShareError `cli.usage` */
export function ratioOption(name: string, text: string | undefined): number | null | undefined {
  const { least, most } = STOP_LIMITS.ratio
  const ratio = ruleOf(text, (word) => (/^\d{1,9}(\.\d{1,6})?$/.test(word) ? Number(word) : undefined))
  if (ratio === undefined || ratio === null || (ratio >= least && ratio <= most)) return ratio
  throw usageError(
    `--${name} is not a ratio: ${shown(text)}`,
    `Write a number from ${least} to ${most}, or none.`
  )
}

/** Reads a time such as `12h` or `7d`, or `none` (null). @returns ms @throws ShareError `cli.usage` */
export function seedTimeOption(name: string, text: string | undefined): number | null | undefined {
  const { least, most } = STOP_LIMITS.time
  const time = ruleOf(text, parseDuration)
  if (time === undefined || time === null || (time >= least && time <= most)) return time
  throw usageError(
    `--${name} is not a time of seeding: ${shown(text)}`,
    'Write 12h, 7d (up to ten years) or none.'
  )
}

/** Reads a number of others, or `none` (null). @throws ShareError `cli.usage` */
export function replicasOption(name: string, text: string | undefined): number | null | undefined {
  const { least, most } = STOP_LIMITS.replicas
  const replicas = ruleOf(text, (word) => (/^\d{1,9}$/.test(word) ? Number(word) : undefined))
  if (replicas === undefined || replicas === null || (replicas >= least && replicas <= most)) return replicas
  throw usageError(
    `--${name} is not a number of others: ${shown(text)}`,
    `Write ${least} to ${most}, or none.`
  )
}

/** Null for `none`, NaN for what cannot be read. */
function ruleOf(
  text: string | undefined,
  read: (word: string) => number | undefined
): number | null | undefined {
  if (text === undefined) return undefined
  return /^none$/i.test(text) ? null : (read(text) ?? Number.NaN)
}

const shown = (text: string | undefined): string => printable(text ?? '', 60)
