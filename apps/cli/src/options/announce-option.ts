import { printable } from '@p2pshare/base'
import type { SeedRequest } from '@p2pshare/control'
import { usageError } from '../exit-code.ts'

const LEVELS = ['roots', 'files', 'chunks'] as const

/** Checks the value of `--announce`; undefined when it was not given. @throws ShareError `cli.usage` */
export function announceLevel(given: string | string[] | boolean | undefined): SeedRequest['announce'] {
  if (given === undefined) return undefined
  const level = LEVELS.find((each) => each === given)
  if (level !== undefined) return level
  throw usageError(
    `--announce is unknown: ${printable(String(given), 60)}`,
    'Write roots, files or chunks; chunks lets others find most.'
  )
}
