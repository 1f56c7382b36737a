import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { parseShareRef, splitLinkPath, withLinkPath } from '../src/index.ts'

const LINK = 'p2pshare:bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4?name=a%20b&size=7'
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((text) => !text.includes('/'))

test.prop([fc.array(name, { minLength: 1, maxLength: 5 })])(
  'a path comes out of a link as it went in, and leaves the link as it was',
  (names) => {
    const link = withLinkPath(LINK, names.join('/'))
    expect(link).toMatch(/^[!-~]+$/)
    expect(splitLinkPath(link)).toEqual({ link: LINK, path: `/${names.join('/')}` })
    expect(splitLinkPath(withLinkPath(link, 'x'))).toEqual({ link: LINK, path: '/x' })
  }
)

test('other texts have no such path, and too long a one is refused', () => {
  expect(splitLinkPath('bafy/a?b#c')).toBe(undefined)
  expect(splitLinkPath(LINK)).toEqual({ link: LINK, path: '' })
  expect(() => splitLinkPath(LINK.replace('?', '/%f?'))).toThrow('percent-encoded')
  expect(() => withLinkPath(LINK, 'ü'.repeat(700))).toThrow('longer than 4096 characters')
  expect(parseShareRef(LINK)).toMatchObject({ name: 'a b', size: 7 })
})
