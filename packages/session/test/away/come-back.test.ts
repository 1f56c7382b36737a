import { expect, test } from 'vitest'
import { ComeBack } from '../../src/away/come-back.ts'

test('what is back is tried when it stays the same, once', () => {
  const back = new ComeBack()
  const looks = ['a', 'b', 'b', 'b', 'c', 'b', 'b', 'c', 'c']
  expect(looks.map((mark) => back.saw(mark))).toEqual([
    ...[false, false, true, false, false, false, false, false, true]
  ])
})

test('what went away again in between is tried again', () => {
  const back = new ComeBack()
  expect([back.saw('a'), back.saw('a'), back.saw('a')]).toEqual([false, true, false])
  back.sawNothing()
  expect([back.saw('a'), back.saw('a')]).toEqual([false, true])
})
