import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { chosenFiles, createShareBuilder, type FileChoice } from '../src/index.ts'

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())
const builder = createShareBuilder({ sha256 })
for (const path of ['a/film.mp4', 'a/film.srt', 'b/cover.jpg', 'b/c/back.jpg', 'notes.txt']) {
  const file = builder.file(path.split('/'))
  file.addPiece(sha256(new TextEncoder().encode(path)), 10)
  file.finish()
}
const layout = builder.finish()
const names = [...layout.files].map(({ path }) => path.join('/'))

const chosen = (choice: Partial<FileChoice>): string[] =>
  chosenFiles(layout, { paths: [], globs: [], numbers: [], ...choice }).map((file) => names[file] ?? '')

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
