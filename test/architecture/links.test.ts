import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../scripts/root.mjs'
import { filesMatching, readText } from './repository.ts'

const documents = filesMatching('{*.md,docs/**/*.md,packages/*/*.md}')

/** Markdown without code blocks and spans, where links are only text. */
function prose(path: string): string {
  return readText(path)
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '')
}

/** The anchor that a heading gets: lower case, without punctuation, blanks as hyphens. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

function anchorsOf(path: string): string[] {
  const text = readText(path).replace(/^```[\s\S]*?^```/gm, '')
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchor(heading))
}

/** Why a link leads nowhere; undefined when it does not. */
function broken(from: string, target: string): string | undefined {
  const [path = '', fragment] = target.split('#')
  const file = path === '' ? from : normalize(join(dirname(from), decodeURI(path)))
  if (!existsSync(join(repositoryRoot, file))) return `${target}: no such file`
  if (fragment === undefined || !file.endsWith('.md')) return undefined
  return anchorsOf(file).includes(fragment) ? undefined : `${target}: no such heading`
}

describe('documents', () => {
  test.each(documents)('%s links to what exists', (path) => {
    const targets = [...prose(path).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const local = targets.filter((target) => !/^[a-z]+:/i.test(target))
    expect(local.map((target) => broken(path, target)).filter((why) => why !== undefined)).toEqual([])
  })

  test.each(documents)('%s names files that exist', (path) => {
    const named = [
      ...readText(path).matchAll(
        /`((?:packages|apps|scripts|test|docs)\/[\w./-]+\.(?:ts|mjs|md|proto|json))`/g
      )
    ]
    expect(
      named.map(([, file = '']) => file).filter((file) => !existsSync(join(repositoryRoot, file)))
    ).toEqual([])
  })
})
