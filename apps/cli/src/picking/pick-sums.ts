import { at, type PickTree, ROOT, SKIP } from './pick-tree.ts'

/** What is chosen at and below each node. */
export interface PickSums {
  readonly files: Int32Array
  readonly sizes: Float64Array
  /** Lowest and highest level of what is chosen; 0 where nothing is. */
  readonly least: Uint8Array
  readonly most: Uint8Array
}

/** Sums up how much is chosen. Cost: O(nodes). */
export function sumUp(tree: PickTree, levels: Uint8Array): PickSums {
  const count = tree.length
  const files = new Int32Array(count)
  const sizes = new Float64Array(count)
  const least = new Uint8Array(count)
  const most = new Uint8Array(count)
  for (let node = count - 1; node > ROOT; node--) {
    const level = at(levels, node)
    if (level !== SKIP) {
      files[node] = 1
      sizes[node] = tree.size(node)
      least[node] = level
      most[node] = level
    }
    if (files[node] === 0) continue
    const parent = tree.parent(node)
    files[parent] = at(files, parent) + at(files, node)
    sizes[parent] = at(sizes, parent) + at(sizes, node)
    least[parent] = Math.min(at(least, parent) || at(least, node), at(least, node))
    most[parent] = Math.max(at(most, parent), at(most, node))
  }
  return { files, sizes, least, most }
}
