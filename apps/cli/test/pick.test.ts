import type { ShareEntryView } from '@p2pshare/control'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Key } from '../src/live/named-keys.ts'
import { styleOf } from '../src/live/screen.ts'
import { listHeight, pickFrame } from '../src/picking/pick-frame.ts'
import { pressed } from '../src/picking/pick-keys.ts'
import { pickedRanges, RANGES } from '../src/picking/pick-result.ts'
import { current, fitted, type PickState, pickState } from '../src/picking/pick-state.ts'
import { type PickTree, pickTree, PRIORITY_ORDER, ROOT } from '../src/picking/pick-tree.ts'
import { atEverySize } from './frames.ts'

const MiB = 1024 * 1024
const NAMED = ['up', 'down', 'left', 'right', 'space', 'return', 'escape', 'tab', 'backspace', 'home', 'end']

/** Keys by name, or letters. */
function keys(...names: string[]): Key[] {
  return names.flatMap((name): Key[] => {
    if (name === 'ctrl-c') return [{ name: 'c', text: '', ctrl: true }]
    if (NAMED.includes(name)) return [{ name, text: name === 'space' ? ' ' : '', ctrl: false }]
    return Array.from(name, (text) => ({ name: text.toLowerCase(), text, ctrl: false }))
  })
}

const press = (state: PickState, ...names: string[]): PickState => pressed(state, keys(...names))

/** Entries as a daemon lists them: files by path with their sizes; a path that ends in `/` is an empty folder. */
function entriesOf(files: Readonly<Record<string, number>>): ShareEntryView[] {
  const entries: ShareEntryView[] = []
  const folders = new Map<string, { size: number }>()
  let number = 0
  for (const [path, size] of Object.entries(files)) {
    const names = path.split('/')
    for (let depth = 1; depth < names.length; depth++) {
      const above = names.slice(0, depth).join('/')
      if (!folders.has(above)) {
        const folder: ShareEntryView = { kind: 'folder', path: above, size: 0 }
        folders.set(above, folder)
        entries.push(folder)
      }
      const folder = folders.get(above)
      if (folder !== undefined) folder.size += size
    }
    if (!path.endsWith('/')) entries.push({ kind: 'file', number: ++number, path, size })
  }
  return entries
}

const ALBUM = entriesOf({
  'film.mkv': 900 * MiB,
  'film.srt': 40_000,
  'photos/summer/beach.jpg': 3 * MiB,
  'photos/summer/raw.cr2': 30 * MiB,
  'photos/winter.jpg': 2 * MiB,
  'notes.txt': 10
})
const album = (): PickState => fitted(pickState(pickTree(ALBUM, 'album')), 10)

const at = (state: PickState): string => state.tree.name(current(state))
const seen = (state: PickState): string[] => Array.from(state.rows, (node) => state.tree.name(node))

/** Name and priority of each file. */
const wanted = ({ tree, levels }: PickState): Record<string, string | undefined> =>
  Object.fromEntries(
    Array.from(levels, (level, node) => [tree.name(node), PRIORITY_ORDER[level]] as const).filter((_, node) =>
      tree.isFile(node)
    )
  )
const chosen = (state: PickState): string[] =>
  Object.entries(wanted(state)).flatMap(([name, level]) => (level === 'skip' ? [] : [name]))

describe('the tree of a share', () => {
  test('holds folders before what is in them, wherever they came in the list', () => {
    const late = [...ALBUM.slice(1), { kind: 'folder' as const, path: 'photos/empty', size: 0 }]
    const tree = pickTree(late, 'album')
    const names = Array.from({ length: tree.length }, (_, node) => `${tree.depth(node)} ${tree.name(node)}`)
    expect(names).toEqual([
      ...['0 album', '0 film.srt', '0 photos', '1 summer', '2 beach.jpg', '2 raw.cr2', '1 winter.jpg'],
      ...['1 empty', '0 notes.txt']
    ])
    expect([tree.end(2), tree.end(3), tree.files(2), tree.files(ROOT)]).toEqual([8, 6, 3, 5])
    expect([tree.size(2), tree.size(ROOT)]).toEqual([35 * MiB, 35 * MiB + 40_010])
  })

  test('of one file, and of a part of a share', () => {
    const one = pickTree([{ kind: 'file', number: 1, path: '', size: 7 }], 'x.bin')
    expect([one.length, one.name(1), one.size(ROOT)]).toEqual([2, 'x.bin', 7])
    const part = pickTree([{ kind: 'file', number: 9, path: 'a/b/c.txt', size: 7 }], 'x')
    expect([part.length, part.name(1), part.parent(1)]).toEqual([2, 'a/b/c.txt', ROOT])
  })

  test('of a share as deep as may be does not exhaust the stack', () => {
    const path = Array.from({ length: 2000 }, () => 'd').join('/')
    const tree = pickTree(entriesOf({ [path]: 5 }), 'deep')
    expect(tree.depth(tree.length - 1)).toBe(1999)
    expect(
      pickFrame(fitted(pickState(tree), 5), { columns: 40, rows: 8, style: styleOf(false) }).length
    ).toBe(7)
  })
})

describe('keys', () => {
  test('move, and close and open folders', () => {
    let state = album()
    expect(seen(state)).toEqual([
      ...['film.mkv', 'film.srt', 'photos', 'summer', 'beach.jpg', 'raw.cr2', 'winter.jpg', 'notes.txt']
    ])
    state = press(state, 'down', 'down', 'j')
    expect(at(state)).toBe('summer')
    state = press(state, 'left')
    expect([at(state), seen(state).length]).toEqual(['summer', 6])
    state = press(state, 'left')
    expect(at(state)).toBe('photos')
    state = press(state, 'tab')
    expect(seen(state)).toEqual(['film.mkv', 'film.srt', 'photos', 'notes.txt'])
    expect(at(press(state, 'G'))).toBe('notes.txt')
    expect(at(press(state, 'end', 'home', 'up'))).toBe('film.mkv')
    expect(seen(press(state, 'right'))).toEqual([
      ...['film.mkv', 'film.srt', 'photos', 'summer', 'winter.jpg', 'notes.txt']
    ])
  })

  test('choose files and folders', () => {
    let state = press(album(), 'space')
    expect(chosen(state)).not.toContain('film.mkv')
    state = press(state, 'down', 'down', 'space')
    expect(chosen(state)).toEqual(['film.srt', 'notes.txt'])
    expect(state.sums.sizes[ROOT]).toBe(40_010)
    // A folder of which a part is chosen is chosen whole.
    state = press(state, 'down', 'down', 'space', 'up', 'up', 'space')
    expect(chosen(state)).toContain('raw.cr2')
    state = press(state, 'a')
    expect(chosen(state).length).toBe(6)
    state = press(state, 'a')
    expect([chosen(state), state.sums.files[ROOT], state.sums.sizes[ROOT]]).toEqual([[], 0, 0])
  })

  test('say how much: of a folder what is chosen of it, or all if nothing is', () => {
    let state = press(album(), 'h', 'down', 'down', 'down', 'down', 'space', 'up', 'up', 'l')
    const expected = { 'film.mkv': 'high', 'beach.jpg': 'skip', 'raw.cr2': 'low', 'winter.jpg': 'low' }
    expect(wanted(state)).toMatchObject(expected)
    state = press(state, 'space', 'space', 'h')
    expect(wanted(state)).toMatchObject({ 'beach.jpg': 'high', 'raw.cr2': 'high', 'winter.jpg': 'high' })
    state = press(state, 'a', 'a', 'down', 'n')
    expect(wanted(state)).toMatchObject({ 'film.mkv': 'normal', 'beach.jpg': 'normal' })
  })

  test('filter by what is typed; then only what is shown is chosen', () => {
    let state = press(album(), '/', 'JPG')
    expect([seen(state), state.typing]).toEqual([['photos', 'summer', 'beach.jpg', 'winter.jpg'], true])
    state = press(state, 'return', 'a')
    expect(chosen(state)).toEqual(['film.mkv', 'film.srt', 'raw.cr2', 'notes.txt'])
    state = press(state, 'escape')
    expect([seen(state).length, state.end]).toEqual([8, undefined])
    expect(seen(press(state, '/', 'film.*'))).toEqual(['film.mkv', 'film.srt'])
    expect(seen(press(state, '/', 'summer'))).toEqual(['photos', 'summer', 'beach.jpg', 'raw.cr2'])
    expect(seen(press(state, '/', 'filx', 'backspace'))).toEqual(['film.mkv', 'film.srt'])
    const none = press(state, '/', 'zzz', 'return', 'space', 'h', 'down', 'left', 'right')
    expect([seen(none), chosen(none)]).toEqual([[], chosen(state)])
    expect(seen(press(none, '/', 'escape')).length).toBe(8)
    expect(press(state, '/', 'x'.repeat(99), 'x'.repeat(99)).filter.length).toBe(60)
  })

  test('begin and leave; with nothing chosen there is nothing to begin', () => {
    expect(press(album(), 'return').end).toBe('start')
    for (const name of ['q', 'Q', 'escape', 'ctrl-c']) expect(press(album(), name).end, name).toBe('leave')
    expect(press(album(), '/', 'q', 'ctrl-c').end).toBe('leave')
    const none = press(album(), 'a', 'return')
    expect([none.end, none.word]).toEqual([undefined, expect.stringContaining('Nothing is chosen')])
    expect(press(none, 'down').word).toBeUndefined()
    // What comes after the end counts for nothing.
    expect(chosen(press(album(), 'q', 'a'))).toEqual(chosen(album()))
    expect(press(press(album(), '?'), 'q')).toMatchObject({ help: false, end: undefined })
  })
})

describe('what was picked', () => {
  test('is what was changed, in ranges of numbers', () => {
    const none = album()
    expect(pickedRanges(none)).toEqual({ priorities: undefined, count: 0 })
    const state = press(none, 'h', 'down', 'down', 'down', 'space', 'down', 'down', 'down', 'l')
    expect(pickedRanges(state).priorities).toEqual({
      high: { numbers: [[1, 1]] },
      low: { numbers: [[5, 5]] },
      skip: { numbers: [[3, 4]] }
    })
  })

  test('too many places for one request are told before anything is begun', () => {
    const many = Array.from(
      { length: 2 * RANGES + 2 },
      (_, i): ShareEntryView => ({
        kind: 'file',
        number: i + 1,
        path: i % 2 === 0 ? `${i}.a` : `${i}.b`,
        size: 1
      })
    )
    const state = press(pickState(pickTree(many, 'many')), '/', '.a', 'return', 'a', 'return')
    expect([state.end, state.word]).toEqual([undefined, expect.stringContaining('--select')])
  })
})

const tree = fc.dictionary(
  fc
    .array(fc.constantFrom('a', 'b', 'jpg', 'x.jpg'), { minLength: 1, maxLength: 4 })
    .map((path) => path.join('/')),
  fc.nat(1000),
  { minKeys: 1, maxKeys: 12 }
)
const anyKey = fc.constantFrom(...NAMED, ...Array.from('khnlagG/?jpx*q'), 'ctrl-c')

/** The cursor is among the rows that are drawn, and the sums are those of what is chosen. */
function checkState(state: PickState): void {
  const { tree: nodes, levels, sums, cursor, top, height, rows } = state
  expect(cursor >= 0 && cursor < Math.max(1, rows.length)).toBe(true)
  expect(cursor >= top && cursor < top + height).toBe(true)
  const files = Array.from(levels.keys()).filter((node) => levels[node] !== 0)
  expect(files.every((node) => nodes.isFile(node))).toBe(true)
  const size = files.reduce((sum, node) => sum + nodes.size(node), 0)
  expect([sums.files[ROOT], sums.sizes[ROOT]]).toEqual([files.length, size])
  if (state.end === 'start') expect(files.length).toBeGreaterThan(0)
}

/** What a daemon makes of the answer. */
function applied(state: PickState): Uint8Array {
  const levels = state.tree.levels.slice()
  const priorities = Object.entries(pickedRanges(state).priorities ?? {})
  for (const node of levels.keys()) {
    const number = state.tree.number(node)
    for (const [priority, choice] of priorities)
      if (choice?.numbers?.some(([first, last]) => number >= first && number <= last) === true)
        levels[node] = PRIORITY_ORDER.findIndex((one) => one === priority)
  }
  return levels
}

test('any keys on any tree: nothing breaks, sums are right, and the result leads from before to after', () => {
  fc.assert(
    fc.property(
      tree,
      fc.array(anyKey, { maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (files, names, height) => {
        const paths = Object.keys(files)
        const isFile = (path: string): boolean => !paths.some((other) => other.startsWith(`${path}/`))
        const entries = entriesOf(Object.fromEntries(Object.entries(files).filter(([path]) => isFile(path))))
        let state = fitted(pickState(pickTree(entries, 'any')), height)
        for (const name of names) {
          state = press(state, name)
          checkState(state)
        }
        expect(applied(state)).toEqual(state.levels)
      }
    ),
    { numRuns: 300 }
  )
})

test('with 100,000 files a frame looks at what is drawn only, moving at nothing, and no key at more than all once', () => {
  const entries = entriesOf(
    Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`folder ${i % 100}/sub ${i % 7}/IMG_${i}.jpg`, i])
    )
  )
  const tree = pickTree(entries, 'many')
  const looks = { names: 0, sizes: 0 }
  const counting = new Proxy(tree, {
    get(of, key) {
      if (key === 'name') looks.names++
      if (key === 'size') looks.sizes++
      const value: unknown = Reflect.get(of, key, of)
      return typeof value === 'function' ? (value.bind(of) as unknown) : value
    }
  }) as PickTree
  const screen = { columns: 200, rows: 50, style: styleOf(false) }
  let state = fitted(pickState(counting), listHeight(screen.rows))
  const looked = (run: () => void): { names: number; sizes: number } => {
    Object.assign(looks, { names: 0, sizes: 0 })
    run()
    return { ...looks }
  }
  state = press(state, '/', 'i', 'm', 'g', 'return')
  expect(state.rows.length).toBe(entries.length)
  const draw = looked(() => expect(pickFrame(state, screen).length).toBe(49))
  expect(draw.names).toBeLessThanOrEqual(50)
  expect(draw.sizes).toBeLessThanOrEqual(50)
  for (const key of ['down', 'end', 'up', 'home'])
    expect(
      looked(() => (state = press(state, key))),
      key
    ).toEqual({ names: 0, sizes: 0 })
  for (const key of ['space', 'a', 'h', 'escape', 'right', 'tab']) {
    const { names, sizes } = looked(() => (state = press(state, key)))
    expect([names, sizes <= counting.length], key).toEqual([0, true])
  }
  expect(looked(() => (state = press(state, '/', '7'))).names).toBeLessThanOrEqual(counting.length)
})

describe('frames', () => {
  const framed = (state: PickState): string =>
    atEverySize((screen) => pickFrame(fitted(state, listHeight(screen.rows)), screen))
  const here = ALBUM.map((entry): ShareEntryView => {
    if (entry.kind === 'folder') return { ...entry, done: entry.size / 2 }
    return {
      ...entry,
      done: entry.size,
      priority: entry.number === 2 ? 'high' : entry.number === 3 ? 'low' : 'normal'
    }
  })
  const HOSTILE = entriesOf({
    'a\u001b[2J\u001b]0;x\u0007/\u202Egpj.exe': MiB,
    'a\u001b[2J\u001b]0;x\u0007/new\nline\u200B\u0000\r': 2 * MiB,
    '宽字符文件名很长很长很长很长很长很长很长很长很长很长很长很长.txt': 1,
    [`${'long'.repeat(60)}.bin`]: 5
  })
  const hostile = (): PickState => pickState(pickTree(HOSTILE, 'ev\u001b[31mil\u202E'))
  const many = (): PickState =>
    pickState(
      pickTree(entriesOf(Object.fromEntries(Array.from({ length: 199 }, (_, i) => [`file ${i}`, i]))), 'many')
    )

  test.each<[string, () => PickState]>([
    ['fresh', album],
    ['chosen', () => press(album(), 'h', 'down', 'l', 'down', 'down', 'down', 'space')],
    ['here', () => press(pickState(pickTree(here, 'album')), 'down', 'down', 'left')],
    ['typing', () => press(album(), '/', 'jpg')],
    ['filtered', () => press(album(), '/', 'zzz', 'return')],
    ['nothing', () => press(album(), 'a', 'return')],
    ['help', () => press(album(), '?')],
    ['far-down', () => press(many(), ...Array.from({ length: 90 }, () => 'down'))],
    ['hostile', hostile]
  ])('%s', async (name, state) => {
    await expect(framed(state())).toMatchFileSnapshot(`golden/pick-${name}.txt`)
  })

  test('whatever names say, a frame has no byte that moves the cursor, with and without colours', () => {
    for (const columns of [1, 2, 5, 10, 33, 80, 200])
      for (const coloured of [false, true]) {
        const screen = { columns, rows: 12, style: styleOf(coloured) }
        // eslint-disable-next-line no-control-regex
        for (const line of pickFrame(fitted(press(hostile(), '/', 'e', 'return'), 9), screen))
          expect(line.replace(coloured ? /\u001b\[\d+m/g : '', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      }
  })
})
