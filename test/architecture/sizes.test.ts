import { describe, expect, test } from 'vitest'
import { filesMatching, readText, sourceFiles, withoutComments } from './repository.ts'

const MEDIAN_LIMIT = 100
const NINETY_PERCENT_LIMIT = 220
const INDEX_LIMIT = 60

function lineCounts(): number[] {
  return sourceFiles()
    .map((path) => readText(path).split('\n').length - 1)
    .sort((a, b) => a - b)
}

/** The value below which the given part of a sorted list lies. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

describe('source files', () => {
  test('stay small on the whole', () => {
    const counts = lineCounts()
    expect(quantile(counts, 0.5), 'median').toBeLessThanOrEqual(MEDIAN_LIMIT)
    expect(quantile(counts, 0.9), 'nine of ten').toBeLessThanOrEqual(NINETY_PERCENT_LIMIT)
  })

  test('are named after what they hold', () => {
    const vague = /\/(utils?|helpers?|common|misc|shared|.*-manager|manager)(\.ts|\/)/
    expect(
      filesMatching('{packages,apps,scripts,test}/**/*.{ts,mjs}').filter((path) => vague.test(path))
    ).toEqual([])
  })

  test.each(sourceFiles().filter((path) => path.endsWith('/index.ts')))('%s only re-exports', (path) => {
    const code = withoutComments(readText(path))
    const rest = code.replace(/^export (type )?(\*|\{[^}]*\})( as \w+)? from '[^']+'\s*;?$/gm, '').trim()
    expect(['', 'export {}']).toContain(rest)
    expect(readText(path).split('\n').length).toBeLessThanOrEqual(INDEX_LIMIT)
  })
})
