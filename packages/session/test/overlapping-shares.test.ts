import { expect, test } from 'vitest'
import { overlapsOf } from '../src/seeding/overlapping-shares.ts'

const KEY = { secret: new Uint8Array(32), check: new Uint8Array(8) }
const ROOTS: Record<string, string[]> = { both: ['/data/a', '/data/c'], several: ['/data/b/x', '/data/e'] }
/** Shares whose names begin with p are private. */
const files = {
  keyOf: (cid: string) => (cid.startsWith('p') ? KEY : undefined),
  rootsOf: (cid: string) => ROOTS[cid]?.map((path) => ({ name: path, path }))
}
const share = (cid: string, path: string) => ({ cid, path })
const OTHERS = [
  share('same', '/data/a'),
  share('inside', '/data/a/film'),
  share('around', '/data'),
  share('beside', '/data/ab'),
  share('elsewhere', '/else'),
  share('private', '/data/a'),
  share('both', '/data'),
  share('several', '/data')
]

test('a private share is told which others have its files in the clear: the same path, one inside, one around it', () => {
  expect(overlapsOf(share('p', '/data/a'), OTHERS, files)).toEqual([
    { cid: 'same', path: '/data/a' },
    { cid: 'inside', path: '/data/a/film' },
    { cid: 'around', path: '/data' },
    // Of several paths only those count that are shared.
    { cid: 'both', path: '/data/a' }
  ])
})

test('one that is shared in the clear is told of private ones alone', () => {
  expect(overlapsOf(share('clear', '/data/a'), OTHERS, files)).toEqual([{ cid: 'private', path: '/data/a' }])
  expect(overlapsOf(share('clear', '/other'), OTHERS, files)).toEqual([])
  expect(overlapsOf(share('private', '/'), [share('top', '/x')], files)).toEqual([{ cid: 'top', path: '/x' }])
})

test('very many are told in part', () => {
  const many = Array.from({ length: 300 }, (_, i) => share(`x${i}`, `/data/a/${i}`))
  expect(overlapsOf(share('p', '/data/a'), many, files)).toHaveLength(100)
})
