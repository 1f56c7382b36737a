import { shownBy } from './pick-filter.ts'
import { type PickSums, sumUp } from './pick-sums.ts'
import { NORMAL, type PickTree, ROOT, SKIP } from './pick-tree.ts'

/** Above so many files and folders, these are closed at first. */
const MOST_OPEN = 200

/** A picker between two keys. Never changed: each key makes another one of it. */
export interface PickState {
  readonly tree: PickTree
  /** How much each file is wanted, by node. */
  readonly levels: Uint8Array
  readonly sums: PickSums
  /** 1 for each folder that is closed. */
  readonly closed: Uint8Array
  readonly filter: string
  /** Whether keys are letters of the filter. */
  readonly typing: boolean
  /** Nodes that the filter leaves; undefined = all. */
  readonly shown: Uint8Array | undefined
  /** Nodes that can be moved to, in order. */
  readonly rows: Int32Array
  /** Place in `rows`. */
  readonly cursor: number
  /** Place in `rows` of the first that is drawn, and how many are. */
  readonly top: number
  readonly height: number
  readonly help: boolean
  /** What is to be said to the user. */
  readonly word: string | undefined
  readonly end: 'start' | 'leave' | undefined
}

/** A picker as it opens. */
export function pickState(tree: PickTree): PickState {
  const closed = new Uint8Array(tree.length).fill(tree.length > MOST_OPEN ? 1 : 0)
  const state: PickState = {
    ...{ tree, levels: tree.levels, sums: sumUp(tree, tree.levels), closed },
    ...{ filter: '', typing: false, shown: undefined, rows: new Int32Array(0) },
    ...{ cursor: 0, top: 0, height: 1, help: false, word: undefined, end: undefined }
  }
  return withRows(state)
}

/** The node that keys are about; the root where there is none. */
export function current({ rows, cursor }: PickState): number {
  return rows[cursor] ?? ROOT
}

/** Moves the cursor, as far as there is something. */
export function moved(state: PickState, cursor: number): PickState {
  const place = Math.max(0, Math.min(state.rows.length - 1, cursor))
  return scrolled({ ...state, cursor: place })
}

/** The same for a list of another height. */
export function fitted(state: PickState, height: number): PickState {
  return height === state.height ? state : scrolled({ ...state, height })
}

/** Opens or closes a folder. */
export function folded(state: PickState, node: number, isClosed: boolean): PickState {
  if (state.tree.isFile(node) || state.shown !== undefined) return state
  const closed = state.closed.slice()
  closed[node] = isClosed ? 1 : 0
  return withRows({ ...state, closed })
}

/** Shows what fits a filter only; folders that hold something of it are open then. */
export function filtered(state: PickState, filter: string): PickState {
  if (filter === state.filter) return state
  return withRows({ ...state, filter, shown: shownBy(state.tree, filter) })
}

/** Chooses what is at and below a node, or takes it out if all of it is chosen; of a filter's, what it leaves. */
export function toggled(state: PickState, node: number): PickState {
  let all = true
  for (const file of filesBelow(state, node)) all &&= state.levels[file] !== SKIP
  return withLevels(state, node, (level) => (all ? SKIP : level === SKIP ? NORMAL : level))
}

/** Says how much is wanted what is chosen at and below a node; if nothing of it is, of all of it, which is chosen then. */
export function levelled(state: PickState, node: number, wanted: number): PickState {
  let none = true
  for (const file of filesBelow(state, node)) none &&= state.levels[file] === SKIP
  return withLevels(state, node, (level) => (none || level !== SKIP ? wanted : level))
}

function withLevels(state: PickState, node: number, change: (level: number) => number): PickState {
  const levels = state.levels.slice()
  for (const file of filesBelow(state, node)) levels[file] = change(levels[file] ?? SKIP)
  return { ...state, levels, sums: sumUp(state.tree, levels) }
}

function* filesBelow({ tree, shown }: PickState, node: number): Generator<number> {
  for (let i = node; i < tree.end(node); i++)
    if (tree.isFile(i) && (shown === undefined || shown[i] === 1)) yield i
}

/** Finds what can be moved to, and stays at the node where the cursor was, or at the folder that hides it. */
function withRows(state: PickState): PickState {
  const { tree, shown, closed } = state
  const before = current(state)
  const rows = new Int32Array(tree.length)
  let count = 0
  let cursor = 0
  for (let node = ROOT + 1; node < tree.length; ) {
    if (shown !== undefined && shown[node] === 0) {
      node = tree.end(node)
      continue
    }
    if (node <= before) cursor = count
    rows[count++] = node
    node = shown === undefined && closed[node] === 1 ? tree.end(node) : node + 1
  }
  return moved({ ...state, rows: rows.slice(0, count) }, cursor)
}

/** Keeps the cursor among the rows that are drawn, and these filled. */
function scrolled(state: PickState): PickState {
  const { cursor, height, rows } = state
  const least = Math.max(0, cursor - height + 1)
  const most = Math.max(0, Math.min(cursor, rows.length - height))
  return { ...state, top: Math.max(Math.min(state.top, most), Math.min(least, most)) }
}
