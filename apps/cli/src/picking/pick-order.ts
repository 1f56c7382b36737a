import type { ShareEntryView } from '@p2pshare/control'

/** An entry in its place. */
export interface Placed {
  readonly entry: ShareEntryView
  /** Place of its folder in the same list; −1 for what has none there. */
  readonly parent: number
  /** One more than the place of the last that lies in it. */
  end: number
}

/**
 * Each folder directly before what is in it; else as they came. Empty folders may have come later than their
 * neighbours. What comes without its folder stands at the top: only a part of the share was asked for.
 */
export function inOrder(entries: readonly ShareEntryView[]): Placed[] {
  const below = byFolder(entries)
  const placed: Placed[] = []
  // Folders may be nested deeper than calls may be.
  const open: { at: number; list: readonly number[]; next: number }[] = []
  const enter = (at: number, list: readonly number[] | undefined): void => {
    if (list !== undefined) open.push({ at, list, next: 0 })
  }
  enter(-1, below.get(-1))
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const index = top.list[top.next++] ?? -1
    const entry = entries[index]
    if (entry !== undefined) {
      placed.push({ entry, parent: top.at, end: placed.length + 1 })
      enter(placed.length - 1, below.get(index))
      continue
    }
    const closed = placed[top.at]
    if (closed !== undefined) closed.end = placed.length
    open.pop()
  }
  return placed
}

/** The places in the list of what is directly in each folder, by the folder's place; −1: in none that is listed. */
function byFolder(entries: readonly ShareEntryView[]): Map<number, number[]> {
  const folders = new Map<string, number>()
  for (const [i, { kind, path }] of entries.entries()) if (kind === 'folder') folders.set(path, i)
  const below = new Map<number, number[]>()
  for (const [i, { path }] of entries.entries()) {
    const cut = path.lastIndexOf('/')
    const parent = cut < 0 ? -1 : (folders.get(path.slice(0, cut)) ?? -1)
    const list = below.get(parent)
    if (list === undefined) below.set(parent, [i])
    else list.push(i)
  }
  return below
}
