import { nearestName, printable, ShareError } from '@p2pshare/base'

/** Longest path that is quoted in a message, characters. */
const MAX_QUOTED = 200

/** What is in a share, as far as finding something in it goes. */
export interface Entries {
  readonly folders: Iterable<{ readonly path: readonly string[] }>
  readonly files: Iterable<{ readonly path: readonly string[] }>
}

/** The names of a path below a share: `/` between them; at its ends, or doubled, it counts for nothing. */
export function pathNames(text: string): string[] {
  return text.split('/').filter((name) => name !== '')
}

/** Whether a path is `below` or lies in it. */
export function liesIn(path: readonly string[], below: readonly string[]): boolean {
  return path.length >= below.length && below.every((name, i) => path[i] === name)
}

/**
 * Sees to it that a file or folder of a share is at the path.
 * @throws ShareError `content.no-such-entry`, with the entry that was probably meant
 */
export function checkEntry(layout: Entries, names: readonly string[]): void {
  for (const list of [layout.folders, layout.files])
    for (const { path } of list) if (liesIn(path, names)) return
  throw noSuchEntry(layout, names)
}

function noSuchEntry(layout: Entries, names: readonly string[]): ShareError {
  // The deepest folder on the way that exists; there the name was misspelt.
  let depth = 0
  for (const list of [layout.folders, layout.files])
    for (const { path } of list) depth = Math.max(depth, sameNames(path, names))
  const folder = names.slice(0, depth)
  const nearest = nearestName(names[depth] ?? '', children(layout, folder))
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

function* children(layout: Entries, folder: readonly string[]): Generator<string> {
  for (const list of [layout.folders, layout.files])
    for (const { path } of list)
      if (path.length === folder.length + 1 && liesIn(path, folder)) yield path.at(-1) ?? ''
}
