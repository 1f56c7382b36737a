import { nearestName, printable, ShareError } from '@p2pshare/base'
import type { EntryList } from '../layout/entry-list.ts'

/** Longest path that is quoted in a message, characters. */
const MAX_QUOTED = 200
/** Entries that are looked at in one step: some milliseconds of work. */
const STEP = 2000
/** Names that a guess at what was meant looks at: as many as {@link nearestName} does. */
export const MAX_LOOKED_AT = 20_000

/** What is in a share, as far as finding something in it goes. */
export interface Entries {
  readonly folders: EntryList<{ readonly path: readonly string[] }>
  readonly files: EntryList<{ readonly path: readonly string[] }>
}

/** The names of a path below a share: `/` between them; at its ends, or doubled, it counts for nothing. */
export function pathNames(text: string): string[] {
  return text.split('/').filter((name) => name !== '')
}

/** Whether a path is `below` or lies in it. */
export function liesIn(path: readonly string[], below: readonly string[]): boolean {
  return path.length >= below.length && below.every((name, i) => path[i] === name)
}

/** Entries with their indices. It stops at places where the caller may let others run, and gives undefined there. */
export function* inSteps<T>(list: EntryList<T>): Generator<[index: number, entry: T] | undefined, void> {
  for (const next of list.entries()) {
    yield next
    if ((next[0] + 1) % STEP === 0) yield undefined
  }
}

/**
 * Sees to it that a file or folder of a share is at the path. The caller lets others run between two steps.
 * @throws ShareError `content.no-such-entry`, with the entry that was probably meant
 */
export function* lookForEntry(layout: Entries, names: readonly string[]): Generator<void, void> {
  for (const list of [layout.folders, layout.files]) {
    for (const next of inSteps<{ path: readonly string[] }>(list)) {
      if (next === undefined) yield
      else if (liesIn(next[1].path, names)) return
    }
  }
  throw yield* noSuchEntry(layout, names)
}

function* noSuchEntry(layout: Entries, names: readonly string[]): Generator<void, ShareError> {
  // The deepest folder on the way that exists; there the name was misspelt.
  let depth = 0
  for (const list of [layout.folders, layout.files]) {
    for (const next of inSteps<{ path: readonly string[] }>(list)) {
      if (next === undefined) yield
      else depth = Math.max(depth, sameNames(next[1].path, names))
    }
  }
  const folder = names.slice(0, depth)
  const nearest = nearestName(names[depth] ?? '', yield* children(layout, folder))
  const path = quoted(names)
  return new ShareError({
    code: 'content.no-such-entry',
    fault: 'user',
    message: `the share has nothing at ${path}${nearest === undefined ? '' : `; did you mean ${quoted([...folder, nearest])}?`}`,
    hint: 'See p2pshare ls <hash> for what is in it.',
    detail: { path: names.join('/').slice(0, 4096) }
  })
}

const quoted = (names: readonly string[]): string => `"${printable(names.join('/'), MAX_QUOTED)}"`

/** How many names from the root down are the same. */
function sameNames(a: readonly string[], b: readonly string[]): number {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  return i
}

/** Names in a folder, as many as are compared. */
function* children(layout: Entries, folder: readonly string[]): Generator<void, string[]> {
  const names: string[] = []
  for (const list of [layout.folders, layout.files]) {
    for (const next of inSteps<{ path: readonly string[] }>(list)) {
      if (next === undefined) yield
      else if (names.length >= MAX_LOOKED_AT) return names
      else if (next[1].path.length === folder.length + 1 && liesIn(next[1].path, folder))
        names.push(next[1].path.at(-1) ?? '')
    }
  }
  return names
}
