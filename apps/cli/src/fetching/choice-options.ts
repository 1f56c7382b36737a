import { printable } from '@p2pshare/base'
import type { FilePriorityView, RequestOf } from '@p2pshare/control'
import type { OptionSpec, OptionTable } from '../command.ts'
import { usageError } from '../exit-code.ts'
import type { Settings } from '../settings.ts'

/** Parts of `--only`, and patterns, that one command may have. */
const MOST_RANGES = 1000
const MOST_GLOBS = 100
/** Files and folders that a share has at most (packages/content). */
const MOST_FILES = 1_000_000

/** How much a file may be wanted, most first. */
export const PRIORITIES: readonly FilePriorityView[] = ['high', 'normal', 'low', 'skip']

/** Options that say which files of a share are meant. */
export const CHOICE_OPTIONS: OptionTable = {
  select: {
    type: 'list',
    describe: 'only files that fit: "*.mp4", "season 1/*"; may be given several times',
    file: false
  },
  only: { type: 'string', describe: 'only the files of these numbers, as ls shows them: 1,3-5', file: false }
}

/** `--pick`, of commands that choose files. */
export const PICK_OPTION: OptionSpec = {
  type: 'boolean',
  describe: 'choose on the screen, among all files of the share',
  file: false
}

/** Options that say how much files are wanted. */
export const PRIORITY_OPTIONS: OptionTable = {
  high: { type: 'list', describe: 'files that fit are fetched before the others', file: false },
  normal: { type: 'list', describe: 'files that fit are fetched as usual', file: false },
  low: { type: 'list', describe: 'files that fit are fetched after the others', file: false },
  skip: { type: 'list', describe: 'files that fit are not fetched', file: false }
}

/** Files by how much they are wanted. */
export type Priorities = NonNullable<RequestOf<'fetch'>['priorities']>

/**
 * What `--high`, `--normal`, `--low` and `--skip` say; undefined when none is given.
 * @throws ShareError `cli.usage`, `content.malformed-glob`
 */
export async function prioritiesOf(settings: Settings): Promise<Priorities | undefined> {
  const priorities: Priorities = {}
  for (const priority of PRIORITIES) {
    const choice = await choiceOf({ globs: settings.list(priority) })
    if (choice !== undefined) priorities[priority] = choice
  }
  return Object.keys(priorities).length === 0 ? undefined : priorities
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
    const [, from = '', to = from] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? []
    const range: [number, number] = [Number(from), Number(to)]
    const wrong = whatIsWrong(from, range)
    if (wrong !== undefined)
      throw usageError(
        `--only ${printable(part, 60)}: ${wrong}`,
        'Write 1,3-5, with the numbers that p2pshare ls shows.'
      )
    return range
  })
}

function whatIsWrong(from: string, [first, last]: readonly [number, number]): string | undefined {
  if (from === '') return 'this is neither a number nor a range'
  if (first < 1) return 'files are numbered from 1'
  if (Math.max(first, last) > MOST_FILES) return `no share has more than ${MOST_FILES} files`
  if (last < first) return 'it ends before it begins'
  return undefined
}
