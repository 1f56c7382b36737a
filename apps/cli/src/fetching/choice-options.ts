import { printable } from '@p2pshare/base'
import type { RequestOf } from '@p2pshare/control'
import type { OptionTable } from '../command.ts'
import { usageError } from '../exit-code.ts'

/** Parts of `--only`, and patterns, that one command may have. */
const MOST_RANGES = 1000
const MOST_GLOBS = 100

/** Options that say which files of a share are meant. */
export const CHOICE_OPTIONS: OptionTable = {
  select: {
    type: 'list',
    describe: 'only files that fit: "*.mp4", "season 1/*"; may be given several times',
    file: false
  },
  only: { type: 'string', describe: 'only the files of these numbers, as ls shows them: 1,3-5', file: false }
}

type Choice = NonNullable<RequestOf<'fetch'>['choice']>

/**
 * The files that a command line names; undefined when it names none.
 * @throws ShareError `cli.usage`, `content.malformed-glob`
 */
export async function choiceOf({
  paths = [],
  globs = [],
  only
}: {
  paths?: readonly string[]
  globs?: readonly string[] | undefined
  only?: string | undefined
}): Promise<Choice | undefined> {
  const numbers = numbersOf(only)
  if (globs.length > MOST_GLOBS) throw usageError(`more than ${MOST_GLOBS} patterns are given`)
  if (globs.includes('')) throw usageError('a pattern is empty')
  const choice = { paths: [...paths], globs: [...globs], numbers }
  if (paths.length + globs.length + numbers.length === 0) return undefined
  if (globs.length > 0) {
    const { Glob } = await import('@p2pshare/content/link')
    for (const glob of globs) new Glob(glob)
  }
  return choice
}

/** Reads `1,3-5`. */
function numbersOf(text: string | undefined): [number, number][] {
  if (text === undefined) return []
  const parts = text.split(',')
  if (parts.length > MOST_RANGES) throw usageError(`--only names more than ${MOST_RANGES} ranges`)
  return parts.map((part) => {
    const [, from = '', to = from] = /^\s*(\d{1,7})(?:-(\d{1,7}))?\s*$/.exec(part) ?? []
    const range: [number, number] = [Number(from), Number(to)]
    if (from === '' || range[0] < 1 || range[1] < range[0])
      throw usageError(
        `--only is not a list of numbers: ${printable(text, 60)}`,
        'Write 1,3-5, with the numbers that p2pshare ls shows.'
      )
    return range
  })
}
