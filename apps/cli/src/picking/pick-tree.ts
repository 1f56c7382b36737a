import type { FilePriorityView, ShareEntryView } from '@p2pshare/control'
import { inOrder } from './pick-order.ts'

/** Places of priorities in {@link PRIORITY_ORDER}. */
export const SKIP = 0
export const NORMAL = 2
/** Priorities, least first; a level is a place in it. */
export const PRIORITY_ORDER: readonly FilePriorityView[] = ['skip', 'low', 'normal', 'high']

/** The node that stands for all of it; it is not shown. */
export const ROOT = 0

interface Columns {
  readonly names: readonly string[]
  readonly parents: Int32Array
  readonly ends: Int32Array
  readonly depths: Uint16Array
  readonly sizes: Float64Array
  /** Of files; 0 for folders. */
  readonly numbers: Int32Array
  readonly files: Int32Array
  /** Bytes that are here; empty where the share is not. */
  readonly dones: Float64Array
  readonly levels: Uint8Array
}

/**
 * Files and folders of a share, each by a number, a folder before what is in it: what is below node `n` are the nodes
 * up to `end(n)`. Some 40 bytes a node beside its name.
 */
export class PickTree {
  readonly #columns: Columns
  readonly isHere: boolean

  constructor(columns: Columns, isHere: boolean) {
    this.#columns = columns
    this.isHere = isHere
  }

  /** Nodes, the root among them. */
  get length(): number {
    return this.#columns.names.length
  }

  /** As the share says, not escaped. */
  name(node: number): string {
    return this.#columns.names[node] ?? ''
  }

  parent(node: number): number {
    return this.#columns.parents[node] ?? ROOT
  }

  /** One more than the last node below. */
  end(node: number): number {
    return this.#columns.ends[node] ?? 0
  }

  /** 0 for what lies below the root. */
  depth(node: number): number {
    return this.#columns.depths[node] ?? 0
  }

  isFile(node: number): boolean {
    return this.number(node) > 0
  }

  /** Number of a file in its share, from 1; 0 for a folder. */
  number(node: number): number {
    return this.#columns.numbers[node] ?? 0
  }

  /** Content bytes; of a folder those of all files below it. */
  size(node: number): number {
    return this.#columns.sizes[node] ?? 0
  }

  /** Files that it is, or that are below it. */
  files(node: number): number {
    return this.#columns.files[node] ?? 0
  }

  /** Content bytes that are here. */
  done(node: number): number {
    return this.#columns.dones[node] ?? 0
  }

  /** How much each node is wanted at the beginning; folders are nothing. Not to be changed. */
  get levels(): Uint8Array {
    return this.#columns.levels
  }
}

/** The tree of entries as `entries` gives them. Cost: O(entries). @param name - of the share */
export function pickTree(entries: readonly ShareEntryView[], name: string): PickTree {
  const count = entries.length + 1
  const columns = {
    names: Array.from<string>({ length: count }).fill(''),
    parents: new Int32Array(count),
    ends: new Int32Array(count).fill(count),
    depths: new Uint16Array(count),
    sizes: new Float64Array(count),
    numbers: new Int32Array(count),
    files: new Int32Array(count),
    dones: new Float64Array(count),
    levels: new Uint8Array(count)
  }
  columns.names[ROOT] = name
  const order = inOrder(entries)
  for (const [i, placed] of order.entries()) {
    const { entry, parent, end } = placed
    const node = i + 1
    columns.names[node] = nameOf(entry, order[parent]?.entry) || name
    columns.parents[node] = parent + 1
    columns.ends[node] = end + 1
    columns.depths[node] = parent < 0 ? 0 : at(columns.depths, parent + 1) + 1
    columns.sizes[node] = entry.size
    columns.dones[node] = entry.done ?? 0
    if (entry.kind === 'folder') continue
    columns.numbers[node] = entry.number ?? 0
    columns.levels[node] = PRIORITY_ORDER.indexOf(entry.priority ?? 'normal')
    columns.files[node] = 1
  }
  sumUpRoot(columns)
  return new PickTree(columns, entries[0]?.done !== undefined)
}

/** What is left of the path below the folder; nothing for the one file of a share without folders. */
function nameOf({ path }: ShareEntryView, folder: ShareEntryView | undefined): string {
  return folder === undefined ? path : path.slice(folder.path.length + 1)
}

/** Counts files below each folder. Sizes of folders have come with them; those of the root are summed up. */
function sumUpRoot({ parents, files, sizes, dones }: Columns): void {
  for (let node = parents.length - 1; node > ROOT; node--) {
    const parent = at(parents, node)
    files[parent] = at(files, parent) + at(files, node)
    if (parent !== ROOT) continue
    sizes[ROOT] = at(sizes, ROOT) + at(sizes, node)
    dones[ROOT] = at(dones, ROOT) + at(dones, node)
  }
}

/** A number of a column; 0 beyond its end. */
export function at(column: ArrayLike<number>, node: number): number {
  return column[node] ?? 0
}
