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
const CODE = new RegExp(`^(${AREAS.join('|')})\\.(?!(?:log|json|out|db|sock)$)[a-z0-9]+(-[a-z0-9]+)*$`)

/** Names of the catalogue's areas of small values, which look like codes. */
const AREA_NAMES = /^(?:export )?const \w*AREA\w* = .*$/gm

/** String literals that are an error code by shape. */
function codesIn(path: string): string[] {
  const code = withoutComments(readText(path)).replace(AREA_NAMES, '')
  const literals = code.matchAll(/'([^'\n]+)'|`([^`\n$]+)`/g)
  return [...literals].map(([, single, back]) => single ?? back ?? '').filter((text) => CODE.test(text))
}

/** Codes that `contentError` makes of the walker's faults, by the union that names them. */
function contentFaults(): string[] {
  const [, union = ''] =
    /type ContentFaultCode =([\s\S]*?)\n\n/.exec(readText('packages/content/src/fault.ts')) ?? []
  return [...union.matchAll(/'([a-z-]+)'/g)].map(([, name = '']) => `content.${name}`)
}

const used = new Set([...sourceFiles().flatMap(codesIn), ...contentFaults()])
const listed = [...readText('docs/errors.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = '']) => code)

/** testkit's suites run in tests only, where a plain error is as good. */
const shipped = sourceFiles().filter((path) => !path.startsWith('packages/testkit/'))

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

  test.each(shipped)('%s throws ShareError, never a bare error', (path) => {
    const bare = /\bnew (?:Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error\(/g
    const found = withoutComments(readText(path)).match(bare) ?? []
    expect(found).toEqual([])
  })

  test('have an own code at every place that makes one', () => {
    const unreadable = sourceFiles().flatMap((path) =>
      [...withoutComments(readText(path)).matchAll(/\bcode: *(['`])([^'`\n]*)\1/g)]
        .map(([, , code = '']) => code)
        .filter((code) => code.includes('.') && !code.includes('${') && !CODE.test(code))
        .map((code) => ({ path, code }))
    )
    expect(unreadable).toEqual([])
  })
})
