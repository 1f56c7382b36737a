import {
  checkChoice,
  chooseFiles,
  type FileChoice,
  isFileChoice,
  joinChoices,
  type ShareLayout
} from '@p2pshare/content'

/** How much a file is wanted. */
export type FilePriority = 'skip' | 'low' | 'normal' | 'high'

/** In the order of the engine's numbers. */
export const LEVELS: readonly FilePriority[] = ['skip', 'low', 'normal', 'high']
export const SKIP = 0
export const NORMAL = 2

/** What somebody wants of a share. It may be said before anybody knows what is in it. */
export interface FileWish {
  /** These files and no others, or all, or none; left out: as before. */
  readonly choice?: FileChoice | 'all' | 'none' | undefined
  /** Files that are wanted more or less than others; one that several name is wanted as much as the highest says. */
  readonly priorities?: Readonly<Partial<Record<FilePriority, FileChoice | undefined>>> | undefined
}

/** A wish whose files are known, by their index in the layout's `files`. */
export interface SettledWish {
  /** 1 for each that is chosen; undefined where the wish says nothing of which are. */
  readonly chosen: Uint8Array | undefined
  /** Engine's number of the priority that each gets, or {@link UNSAID}. */
  readonly levels: Uint8Array
}

/** The wish does not say how much a file is wanted. */
export const UNSAID = 255

/** Sees to it that a wish can be used at all. @throws ShareError `content.malformed-glob` */
export function checkWish(wish: FileWish): void {
  for (const choice of choicesOf(wish)) checkChoice(choice)
}

/** Whether it says anything. */
export function hasWish({ choice, priorities }: FileWish): boolean {
  return choice !== undefined || priorities !== undefined
}

/** Whether the wish may leave out some files. */
export function isPartial({ choice, priorities }: FileWish): boolean {
  return (choice !== undefined && choice !== 'all') || priorities?.skip !== undefined
}

/**
 * Looks up which files are meant; the caller lets others run between two steps.
 * @throws ShareError as `chooseFiles`
 */
export function* settleWish(
  layout: ShareLayout,
  { choice, priorities = {} }: FileWish
): Generator<void, SettledWish> {
  let chosen: Uint8Array | undefined
  if (choice === 'all') chosen = new Uint8Array(layout.files.length).fill(1)
  else if (choice === 'none') chosen = new Uint8Array(layout.files.length)
  else if (choice !== undefined) chosen = yield* chooseFiles(layout, choice)
  const levels = new Uint8Array(layout.files.length).fill(UNSAID)
  for (const [level, priority] of LEVELS.entries()) {
    const files = priorities[priority]
    if (files === undefined) continue
    for (const [file, isMeant] of (yield* chooseFiles(layout, files)).entries())
      if (isMeant === 1) levels[file] = level
  }
  return { chosen, levels }
}

/** A wish that comes after another before any of them is settled. @param more - whether the choices add up */
export function joinWishes(before: FileWish | undefined, wish: FileWish, more: boolean): FileWish {
  if (before === undefined) {
    // All is wanted already.
    return more ? { priorities: wish.priorities } : wish
  }
  return {
    choice: joinedChoice(before.choice, wish.choice, more),
    // A new choice of all of the files begins anew.
    priorities: more || wish.choice === undefined ? joinedPriorities(before, wish) : wish.priorities
  }
}

function joinedChoice(
  before: FileWish['choice'],
  choice: FileWish['choice'],
  more: boolean
): FileWish['choice'] {
  if (choice === undefined) return before
  if (!more) return choice
  if (before === 'none') return choice
  if (before === undefined || before === 'all' || typeof choice === 'string') return before
  return joinChoices(before, choice)
}

function joinedPriorities(a: FileWish, b: FileWish): FileWish['priorities'] {
  const joined: Partial<Record<FilePriority, FileChoice | undefined>> = { ...a.priorities }
  for (const priority of LEVELS) {
    const [one, other] = [a.priorities?.[priority], b.priorities?.[priority]]
    if (one !== undefined && other !== undefined) joined[priority] = joinChoices(one, other)
    else if (other !== undefined) joined[priority] = other
  }
  return joined
}

/** Whether a stored value has the form of a wish. */
export function isWish(value: FileWish | undefined): value is FileWish {
  return value !== undefined && choicesOf(value).every(isFileChoice)
}

function choicesOf({ choice, priorities = {} }: FileWish): FileChoice[] {
  const all = [choice, ...LEVELS.map((priority) => priorities[priority])]
  return all.filter((one) => typeof one === 'object')
}
