import { formatSize, printable } from '@p2pshare/base'
import { padded } from '../live/fit.ts'
import type { Screen } from '../live/screen.ts'
import { percent } from '../render/bar.ts'
import { wrapWords } from '../render/wrap-words.ts'
import type { PickState } from './pick-state.ts'
import { PRIORITY_ORDER, ROOT, SKIP } from './pick-tree.ts'

/** Below so many columns there is nothing but marks and names; from so many on, priorities and how much is here. */
const NARROW = 30
const WIDE = 60
/** Columns that a line takes at most: further apart, a name and its size are hard to see together. */
const MOST = 120
/** Below so many rows there is no line for keys. */
const LOW = 5

const SIZE = 10
const PRIORITY = 6
const HERE = 5

const KEYS = [
  'space choose · ←→ fold · h n l priority · / filter · a all · enter start · q leave',
  'space choose · / filter · enter start · q leave · ? keys',
  '? keys · q leave'
]
const HELP = [
  'up, down: move; also k and j, page up and down, home and end',
  'space: choose a file, or all that is in a folder; again: not',
  'a: choose all; again: nothing',
  'left, right: close and open a folder; tab does either',
  'h, n, l: fetch it before the others (high), as usual (normal), after them (low)',
  '/: show only names that have what you type in them, or fit *.jpg; space and a then choose among these alone',
  'enter: begin with what is chosen',
  'q, escape: leave; nothing is begun or changed'
]

/** Rows that a list has on a screen of so many; one is the cursor's, one for what is chosen. */
export function listHeight(rows: number): number {
  return Math.max(1, rows - (rows < LOW ? 2 : 3))
}

/** What is chosen of how much, the part of the tree around the cursor, and which keys there are. Cost: O(rows drawn). */
export function pickFrame(state: PickState, screen: Screen): string[] {
  const { style, columns, rows } = screen
  if (state.help)
    return [
      style('bold', 'Keys'),
      ...HELP.flatMap((line) => wrapWords(line, Math.max(8, columns - 1), 3)),
      style('dim', 'any key goes back')
    ]
  const lines = [headLine(state, screen)]
  for (let i = 0; i < state.height; i++) {
    const node = state.rows[state.top + i]
    if (node === undefined) lines.push(i === 0 ? style('dim', '  no name fits') : '')
    else lines.push(rowLine(state, node, state.top + i === state.cursor, screen))
  }
  if (rows >= LOW) lines.push(footLine(state, screen))
  return lines
}

function headLine({ tree, sums }: PickState, { style }: Screen): string {
  const size = `${formatSize(sums.sizes[ROOT] ?? 0)} of ${formatSize(tree.size(ROOT))}`
  const files = `${sums.files[ROOT] ?? 0} of ${tree.files(ROOT)} files`
  return `${style('bold', size)} chosen, ${files} · ${printable(tree.name(ROOT))}`
}

function footLine({ typing, filter, word }: PickState, { style, columns }: Screen): string {
  if (word !== undefined) return style('yellow', word)
  if (typing) return `filter: ${printable(filter)}▏${style('dim', ' enter keeps it, escape ends it')}`
  if (filter !== '') return `filter: ${printable(filter)} ${style('dim', '· escape ends it · ? keys')}`
  return style('dim', KEYS.find((line) => line.length < columns) ?? KEYS.at(-1) ?? '')
}

function rowLine(state: PickState, node: number, isCurrent: boolean, screen: Screen): string {
  const { tree, sums } = state
  const { style } = screen
  const width = Math.min(MOST, screen.columns - 1)
  const narrow = width < NARROW
  const fold = tree.isFile(node) ? '' : isOpen(state, node) ? '▾' : '▸'
  const right = narrow ? '' : cells(state, node, width >= WIDE).join('  ')
  // Deep down, what is deeper is no longer indented: there must be room for names.
  const indent = narrow ? 0 : Math.min(2 * tree.depth(node), Math.floor((width - right.length) / 3))
  const before = `${isCurrent ? '>' : ' '}${box(state, node)} ${' '.repeat(indent)}${narrow ? fold : fold.padEnd(2)}`
  const name = `${printable(tree.name(node), 400)}${tree.isFile(node) ? '' : '/'}`
  if (narrow) return isCurrent ? style('bold', before + name) : before + name
  const left = padded(before + name, Math.max(1, width - right.length - 2))
  const line = `${left}  ${right}`
  if (isCurrent) return style('bold', line)
  return sums.files[node] === 0 ? style('dim', line) : line
}

const isOpen = ({ closed, shown }: PickState, node: number): boolean =>
  shown !== undefined || closed[node] !== 1

function box({ sums, tree }: PickState, node: number): string {
  const chosen = sums.files[node] ?? 0
  if (chosen === 0) return '[ ]'
  return chosen === tree.files(node) ? '[x]' : '[-]'
}

function cells({ tree, sums }: PickState, node: number, wide: boolean): string[] {
  const size = formatSize(tree.size(node)).padStart(SIZE)
  if (!wide) return [size]
  const [least = SKIP, most = SKIP] = [sums.least[node], sums.most[node]]
  // What is usual needs no word.
  const plain = least === most ? (PRIORITY_ORDER[most] ?? '') : 'mixed'
  const priority = (plain === 'normal' || plain === 'skip' ? '' : plain).padEnd(PRIORITY)
  if (!tree.isHere) return [priority, size]
  const here = percent(tree.done(node), tree.size(node)) ?? 100
  return [priority, `${here} %`.padStart(HERE), size]
}
