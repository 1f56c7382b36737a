import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { chooseFiles, createShareBuilder, type FileChoice } from '../src/index.ts'
import { counted, drained } from './drained.ts'

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())
const builder = createShareBuilder({ sha256 })
for (const path of ['a/film.mp4', 'a/film.srt', 'b/cover.jpg', 'b/c/back.jpg', 'notes.txt']) {
  const file = builder.file(path.split('/'))
  file.addPiece(sha256(new TextEncoder().encode(path)), 10)
  file.finish()
}
const layout = builder.finish()
const names = [...layout.files].map(({ path }) => path.join('/'))

const NOTHING: FileChoice = { paths: [], globs: [], numbers: [] }
const chosen = (choice: Partial<FileChoice>): string[] => {
  const files = drained(chooseFiles(layout, { ...NOTHING, ...choice }))
  return names.filter((_, file) => files[file] === 1)
}

test('paths, patterns and numbers together; a file once', () => {
  expect(chosen({ paths: ['/b/'], globs: ['*.jpg'] }).sort()).toEqual(['b/c/back.jpg', 'b/cover.jpg'])
  expect(chosen({ globs: ['film.*', '*.srt'] }).sort()).toEqual(['a/film.mp4', 'a/film.srt'])
  expect(
    chosen({
      numbers: [
        [1, 2],
        [5, 5]
      ]
    })
  ).toEqual([names[0], names[1], names[4]])
  const unordered: [number, number][] = [
    [5, 5],
    [1, 2],
    [2, 2]
  ]
  expect(chosen({ numbers: unordered })).toEqual([names[0], names[1], names[4]])
  expect(chosen({ paths: ['notes.txt'], numbers: [[1, 5]] })).toEqual(names)
})

test('what means no file is an error that names the nearest', () => {
  expect(() => chosen({ globs: ['*.jpg', 'flim.mp4'] })).toThrow(
    /fits "flim.mp4"; the nearest is "a\/film.mp4"/
  )
  expect(() => chosen({ globs: ['*.mp5'] })).toThrow(/the nearest is "a\/film.mp4"/)
  expect(() => chosen({ globs: ['zzzzzz'] })).toThrow(/fits "zzzzzz"$/)
  expect(() => chosen({ numbers: [[5, 6]] })).toThrow(/no file 6; its files are 1 to 5/)
  expect(() => chosen({ paths: ['notes'] })).toThrow(/nothing at "notes"/)
})

test('what leads out of the share is nothing in it', () => {
  for (const glob of ['../x', 'a/../../x', '..'])
    expect(() => chosen({ globs: [glob] }), glob).toThrow(/leads out/)
  // From the root of the share, not of the disk.
  expect(() => chosen({ globs: ['/etc/passwd'] })).toThrow(/no file of the share fits "\/etc\/passwd"/)
  expect(() => chosen({ paths: ['../x'] })).toThrow(/nothing at "\.\.\/x"/)
  expect(() => chosen({ globs: ['\u001b[2J\u202e\u200b'] })).toThrow(
    /fits "\\u\{1B\}\[2J\\u\{202E\}\\u\{200B\}"/
  )
})

test('very many ranges, in any order and over each other, cost no more than the files', () => {
  const ranges = Array.from({ length: 40_000 }, (_, i): [number, number] => [1 + (i % 4), 5 - (i % 3)])
  const asked = { count: 0 }
  const counting = ranges.map(
    (range) => new Proxy(range, { get: (of, at) => (asked.count++, Reflect.get(of, at)) })
  )
  const { result } = counted(chooseFiles(layout, { ...NOTHING, numbers: counting }))
  expect(result).toEqual(Uint8Array.of(1, 1, 1, 1, 1))
  expect(asked.count).toBeLessThan(40_000 * 50)
})

test('in a share of very many files others have their turn; whether or not anything fits', () => {
  const many = createShareBuilder({ sha256 })
  const digest = sha256(new Uint8Array(1))
  for (let i = 0; i < 20_000; i++) {
    const file = many.file([`folder ${Math.floor(i / 100)}`, `${i}.jpg`])
    file.addPiece(digest, 10)
    file.finish()
  }
  const large = many.finish()
  const all = counted(chooseFiles(large, { ...NOTHING, globs: ['*.jpg'], paths: ['folder 7'] }))
  expect(all.result.every((one) => one === 1)).toBe(true)
  expect(all.pauses).toBeGreaterThanOrEqual(10)
  const none = chooseFiles(large, { ...NOTHING, paths: ['folder 199/zzz'] })
  let pauses = 0
  expect(() => {
    while (none.next().done !== true) pauses++
  }).toThrow(/nothing at/)
  expect(pauses).toBeGreaterThanOrEqual(30)
})
