import { describe, expect, test } from 'vitest'
import { readText, sourceFiles, withoutComments } from './repository.ts'

const AREAS = [
  'base',
  'content',
  'wire',
  'engine',
  'storage',
  'disk',
  'network',
  'session',
  'control',
  'daemon',
  'cli'
]
const CODE = new RegExp(`^(${AREAS.join('|')})\\.[a-z0-9]+(-[a-z0-9]+)*$`)

/** String literals that are an error code by shape; other strings of this shape do not occur in sources. */
function codesIn(path: string): string[] {
  const literals = withoutComments(readText(path)).matchAll(/'([^'\n]+)'|`([^`\n$]+)`/g)
  return [...literals].map(([, single, back]) => single ?? back ?? '').filter((text) => CODE.test(text))
}

const used = new Set(sourceFiles().flatMap(codesIn))
const listed = [...readText('docs/errors.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = '']) => code)

describe('error codes', () => {
  test('that sources use are explained in docs/errors.md', () => {
    expect([...used].filter((code) => !listed.includes(code)).sort()).toEqual([])
  })

  test('that docs/errors.md explains are used', () => {
    expect(listed.filter((code) => !used.has(code))).toEqual([])
  })

  test('are listed once, in order', () => {
    expect(listed).toEqual([...new Set(listed)].sort())
  })

  test.each(sourceFiles())('%s throws ShareError, never a bare error', (path) => {
    const bare = /\bnew (?:\w*Error)\(/g
    const found = withoutComments(readText(path)).match(bare) ?? []
    expect(found.filter((text) => text !== 'new ShareError(')).toEqual([])
  })

  test('have an own code at every place that makes one', () => {
    const unreadable = sourceFiles().flatMap((path) =>
      [...withoutComments(readText(path)).matchAll(/\bcode: *(['`])([^'`\n]*)\1/g)]
        .map(([, , code = '']) => code)
        .filter((code) => code.includes('.') && !CODE.test(code))
        .map((code) => ({ path, code }))
    )
    expect(unreadable).toEqual([])
  })
})
