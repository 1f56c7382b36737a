import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lookAtFolder } from '../../src/watching/look-at-folder.ts'
import { isRenamed } from '../../src/watching/signature.ts'

async function looksOf(root: string): Promise<Map<string, string>> {
  const seen = await lookAtFolder(root, { admit: (names) => names, signal: new AbortController().signal })
  return seen.kind === 'seen' ? seen.looks : new Map()
}

test('a file or folder under another name is the same; one that was written, replaced or copied is not', async () => {
  const root = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const at = (...names: string[]): string => join(root, ...names)
  mkdirSync(at('album'))
  writeFileSync(at('album', 'song'), 'la')
  for (const name of ['file', 'written', 'replaced']) {
    writeFileSync(at(name), name)
    utimesSync(at(name), 1, 1)
  }
  const before = await looksOf(root)
  for (const name of before.keys()) renameSync(at(name), at(`${name}2`))
  writeFileSync(at('written2'), 'WRITTEN')
  // Made before the old one goes, so that it cannot get its inode.
  writeFileSync(at('copy'), 'replaced')
  utimesSync(at('copy'), 1, 1)
  renameSync(at('copy'), at('replaced2'))
  const after = await looksOf(root)
  const renamed = [...before].filter(([name, look]) => isRenamed(look, after.get(`${name}2`) ?? ''))
  expect(renamed.map(([name]) => name)).toEqual(['album', 'file'])
  expect(isRenamed(before.get('file') ?? '', before.get('written') ?? '')).toBe(false)
  writeFileSync(at('album2', 'more'), 'lu')
  expect(isRenamed(before.get('album') ?? '', (await looksOf(root)).get('album2') ?? '')).toBe(false)
})
