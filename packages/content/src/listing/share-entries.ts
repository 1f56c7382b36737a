import type { EntryList } from '../layout/entry-list.ts'

/** What can be listed: both in depth-first order. */
export interface ListedEntries {
  readonly folders: EntryList<{ readonly path: readonly string[] }>
  readonly files: EntryList<{ readonly path: readonly string[]; readonly size: number }>
}

/** One line of what is in a share. */
export interface ShareEntry {
  readonly kind: 'file' | 'folder'
  /** Index in the layout's `files`, or in its `folders`. */
  readonly index: number
  /** Names from the share's root down as the DAG gives them; empty for the one file of a `file` share. */
  readonly path: readonly string[]
  /** Content bytes, of a folder those of all files below it. */
  readonly size: number
  /** Those of them that are here; left out where nobody said how to count them. */
  readonly done?: number
}

/** Entries between two places at which a walk stops, so that others get their turn. */
const STEP = 1000

/**
 * Everything in a share, each folder before what is in it, in the order of the layout; a folder without files may
 * come later than its neighbours. A step gives up to 1000 entries, none while sizes of folders are summed up; the
 * caller lets others run between two steps. Memory: 16 bytes a folder, and one step.
 * @param doneOf - content bytes of a file (index in `files`) that are here
 */
export function* shareEntries(
  layout: ListedEntries,
  doneOf?: (file: number) => number
): Generator<ShareEntry[], void, void> {
  const sizes = new Float64Array(layout.folders.length)
  const dones = new Float64Array(layout.folders.length)
  const open: number[] = []
  let seen = 0
  for (const entry of inOrder(layout)) {
    open.length = Math.max(0, entry.path.length - 1)
    if (entry.kind === 'folder') open.push(entry.index)
    else {
      const done = doneOf?.(entry.index) ?? 0
      for (const folder of open) {
        sizes[folder] = (sizes[folder] ?? 0) + entry.size
        dones[folder] = (dones[folder] ?? 0) + done
      }
    }
    if (++seen % STEP === 0) yield []
  }
  const filled = (entry: ShareEntry): ShareEntry => {
    const { kind, index } = entry
    if (kind === 'file') return doneOf === undefined ? entry : { ...entry, done: doneOf(index) }
    const size = sizes[index] ?? 0
    return { ...entry, size, ...(doneOf === undefined ? {} : { done: dones[index] ?? 0 }) }
  }
  let step: ShareEntry[] = []
  for (const entry of inOrder(layout)) {
    step.push(filled(entry))
    if (step.length < STEP) continue
    yield step
    step = []
  }
  if (step.length > 0) yield step
}

/** Files and folders merged; sizes of folders are 0. Both lists of a layout are in depth-first order. */
function* inOrder({ files, folders }: ListedEntries): Generator<ShareEntry> {
  let next = 0
  let here: readonly string[] = []
  for (const [index, { path, size }] of files.entries()) {
    const depth = path.length - 1
    while (next < folders.length && !(here.length >= depth && isBelow(path, here, depth))) {
      here = folders.at(next)?.path ?? []
      yield { kind: 'folder', index: next++, path: here, size: 0 }
    }
    yield { kind: 'file', index, path, size }
  }
  for (; next < folders.length; next++)
    yield { kind: 'folder', index: next, path: folders.at(next)?.path ?? [], size: 0 }
}

/** Whether the first `depth` names are the same. */
function isBelow(path: readonly string[], folder: readonly string[], depth: number): boolean {
  for (let i = depth - 1; i >= 0; i--) if (path[i] !== folder[i]) return false
  return true
}
