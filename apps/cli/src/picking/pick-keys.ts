import type { Key } from '../live/named-keys.ts'
import { MAX_FILTER } from './pick-filter.ts'
import { pickedRanges, RANGES } from './pick-result.ts'
import { current, filtered, folded, levelled, moved, type PickState, toggled } from './pick-state.ts'
import { PRIORITY_ORDER, ROOT } from './pick-tree.ts'

/** Keys that are taken at once: more come from no hand. */
const MOST_AT_ONCE = 100

/** What a key does. */
type Act = (state: PickState) => PickState

const move =
  (step: (state: PickState) => number): Act =>
  (state) =>
    moved(state, state.cursor + step(state))

const prioritise =
  (priority: (typeof PRIORITY_ORDER)[number]): Act =>
  (state) =>
    levelled(state, current(state), PRIORITY_ORDER.indexOf(priority))

const up = move(() => -1)
const down = move(() => 1)
const first: Act = (state) => moved(state, 0)
const last: Act = (state) => moved(state, state.rows.length - 1)
const leave: Act = (state) => ({ ...state, end: 'leave' })
const clear: Act = (state) => (state.filter === '' ? leave(state) : filtered(state, ''))

/** By a key's letter, or else its name. */
const ACTS: Readonly<Record<string, Act>> = {
  up,
  k: up,
  down,
  j: down,
  pageup: move(({ height }) => -height),
  pagedown: move(({ height }) => height),
  home: first,
  g: first,
  end: last,
  G: last,
  left: closeOrAscend,
  right: (state) => folded(state, current(state), false),
  tab: (state) => folded(state, current(state), state.closed[current(state)] !== 1),
  space: (state) => toggled(state, current(state)),
  a: (state) => toggled(state, ROOT),
  h: prioritise('high'),
  n: prioritise('normal'),
  l: prioritise('low'),
  '/': (state) => ({ ...state, typing: true }),
  '?': (state) => ({ ...state, help: true }),
  return: start,
  enter: start,
  q: leave,
  Q: leave,
  escape: clear
}

/** What keys make of a picker, pressed one after the other. */
export function pressed(state: PickState, keys: readonly Key[]): PickState {
  return keys.slice(0, MOST_AT_ONCE).reduce(press, state)
}

function press(before: PickState, key: Key): PickState {
  if (before.end !== undefined) return before
  const state = before.word === undefined ? before : { ...before, word: undefined }
  if (key.ctrl) return key.name === 'c' ? leave(state) : state
  if (state.help) return { ...state, help: false }
  if (state.typing) return typed(state, key)
  const name = key.text === '' || key.text === ' ' ? key.name : key.text
  return Object.hasOwn(ACTS, name) ? (ACTS[name]?.(state) ?? state) : state
}

function typed(state: PickState, { name, text }: Key): PickState {
  if (name === 'return' || name === 'enter') return { ...state, typing: false }
  if (name === 'escape') return filtered({ ...state, typing: false }, '')
  if (name === 'up' || name === 'down') return (name === 'up' ? up : down)(state)
  if (name === 'backspace') {
    const letters = Array.from(state.filter)
    if (letters.length === 0) return { ...state, typing: false }
    return filtered(state, letters.slice(0, -1).join(''))
  }
  if (text === '' || state.filter.length >= MAX_FILTER) return state
  return filtered(state, state.filter + text)
}

/** Closes an open folder; of anything else, goes to the folder that it is in. */
function closeOrAscend(state: PickState): PickState {
  const { tree, closed, rows, shown } = state
  const node = current(state)
  if (!tree.isFile(node) && closed[node] !== 1 && shown === undefined) return folded(state, node, true)
  const parent = tree.parent(node)
  return parent === ROOT ? state : moved(state, rows.indexOf(parent))
}

function start(state: PickState): PickState {
  if (state.sums.files[ROOT] === 0) return { ...state, word: 'Nothing is chosen. Space chooses, q leaves.' }
  if (pickedRanges(state).count > RANGES)
    return {
      ...state,
      word: `More than ${RANGES} places are chosen one by one. Choose folders, or leave and use --select.`
    }
  return { ...state, end: 'start' }
}
