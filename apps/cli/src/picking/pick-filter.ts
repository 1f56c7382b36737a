import { Glob } from '@p2pshare/content/link'
import { type PickTree, ROOT } from './pick-tree.ts'

/** Longest filter, characters: more is no word that a hand has typed. */
export const MAX_FILTER = 60

/**
 * The nodes that a filter leaves: those whose name has the letters in it, case aside, or fits the pattern where there
 * are `*` or `?`; what is in such a folder, and the folders above. Undefined = all. Cost: O(nodes).
 */
export function shownBy(tree: PickTree, filter: string): Uint8Array | undefined {
  if (filter === '') return undefined
  const fits = nameTest(filter.normalize('NFC').toLowerCase())
  const shown = new Uint8Array(tree.length)
  let below = ROOT
  for (let node = ROOT + 1; node < tree.length; node++) {
    const isBelow = node < below
    if (!isBelow && !fits(tree.name(node).normalize('NFC').toLowerCase())) continue
    shown[node] = 1
    if (isBelow) continue
    below = tree.end(node)
    for (let above = tree.parent(node); above !== ROOT && shown[above] === 0; above = tree.parent(above))
      shown[above] = 1
  }
  return shown
}

function nameTest(filter: string): (name: string) => boolean {
  if (/[*?]/.test(filter)) {
    try {
      const glob = new Glob(filter)
      return (name) => glob.fits([name])
    } catch {
      // A pattern that is not finished yet: its letters are sought.
    }
  }
  return (name) => name.includes(filter)
}
