import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '@p2pshare/ports'
import { MemoryCatalogue, VirtualClock } from '@p2pshare/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MOST_FOLDERS } from '../../src/watching/limits.ts'
import { isEntryName, lookAtFolder } from '../../src/watching/look-at-folder.ts'
import type { WatchedShares } from '../../src/watching/watched-shares.ts'
import { Watching } from '../../src/watching/watching.ts'
import { WatchStore } from '../../src/watching/watch-store.ts'

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'p2pw-')))
})
afterEach(() => rmSync(root, { recursive: true }))

async function look(path = root): Promise<Record<string, string> | string> {
  const { signal } = new AbortController()
  const seen = await lookAtFolder(path, { admit: (names) => names, signal })
  return seen.kind === 'offline' ? seen.reason : Object.fromEntries(seen.looks)
}

describe('a look', () => {
  test('sees files and filled folders; not links, hidden, unfinished and part files', async () => {
    for (const name of ['film.bin', '.hidden', 'film.bin.crdownload', 'x.part', 'notes~']) write(name, 'x')
    mkdirSync(join(root, 'empty'))
    write('folder/inside', 'x')
    mkdirSync(join(root, 'links'))
    symlinkSync(join(root, 'film.bin'), join(root, 'link'))
    symlinkSync(join(root, 'folder'), join(root, 'links', 'folder'))
    expect(Object.keys(await look())).toEqual(['film.bin', 'folder'])
  })

  test('of a folder changes when a file far inside does, and with nothing else', async () => {
    write('a/b/c/file', 'x')
    const before = await look()
    expect(await look()).toEqual(before)
    write('a/b/c/.file.p2pshare-part', 'still coming')
    symlinkSync('/', join(root, 'a', 'b', 'link'))
    expect(await look()).toEqual(before)
    utimesSync(join(root, 'a/b/c/file'), 1, 1)
    const touched = await look()
    expect(touched).not.toEqual(before)
    write('a/b/other', 'x')
    expect(await look()).not.toEqual(touched)
  })

  test('of what is no folder says so', async () => {
    write('file', 'x')
    expect(await look(join(root, 'none'))).toBe('it is not there')
    expect(await look(join(root, 'file'))).toBe('it is not a folder any more')
  })

  test('sees all names, and looks only at those it is told to', async () => {
    for (let i = 0; i < 2000; i++) write(`f${i}`, '')
    const { signal } = new AbortController()
    let names = 0
    const admit = (all: readonly string[]): string[] => {
      names = all.length
      return all.slice(0, 3)
    }
    const seen = await lookAtFolder(root, { admit, signal })
    expect([names, seen.kind === 'seen' && seen.looks.size]).toEqual([2000, 3])
  })

  test('ends when it is no longer wanted', async () => {
    write('a', 'x')
    const look = lookAtFolder(root, { admit: (names) => names, signal: AbortSignal.abort() })
    await expect(look).rejects.toThrow()
  })
})

test.each([
  ['film.mkv', true],
  ['film.mkv.part', false],
  ['film.!qB', false],
  ['.DS_Store', false],
  ['part', true],
  ['a.tmp.txt', true]
])('%s may be shared: %s', (name, may) => {
  expect(isEntryName(name)).toBe(may)
})

describe('what may be watched', () => {
  const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
  let watching: Watching
  beforeEach(() => {
    const store = new WatchStore(new MemoryCatalogue())
    const shares = {} as WatchedShares
    mkdirSync(join(root, 'home', 'run'), { recursive: true })
    watching = new Watching({ clock: new VirtualClock(), log: quiet, shares, store }, [join(root, 'home')])
  })

  test('is no file, nothing that is not there, and nothing in or around the own data', async () => {
    write('file', 'x')
    for (const name of ['file', 'none', 'home', 'home/run', '.'])
      await expect(watching.add(join(root, name), undefined), name).rejects.toMatchObject({
        code: 'daemon.not-watchable'
      })
  })

  test('is not inside another one, nor around it, also by way of a link', async () => {
    mkdirSync(join(root, 'a', 'b', 'c'), { recursive: true })
    mkdirSync(join(root, 'ab'))
    symlinkSync(join(root, 'a', 'b', 'c'), join(root, 'link'))
    await watching.add(join(root, 'a', 'b'), undefined)
    for (const name of ['a', 'a/b/c', 'link'])
      await expect(watching.add(join(root, name), undefined), name).rejects.toMatchObject({
        code: 'daemon.watch-inside'
      })
    await watching.add(join(root, 'ab'), 'roots')
    expect((await watching.add(join(root, 'a', 'b'), undefined)).path).toBe(join(root, 'a', 'b'))
    expect(watching.folders()).toHaveLength(2)
  })

  test('has a bound', async () => {
    for (let i = 0; i <= MOST_FOLDERS; i++) mkdirSync(join(root, `w${i}`))
    for (let i = 0; i < MOST_FOLDERS; i++) await watching.add(join(root, `w${i}`), undefined)
    await expect(watching.add(join(root, `w${MOST_FOLDERS}`), undefined)).rejects.toMatchObject({
      code: 'daemon.too-many-watched'
    })
  })

  test('is no longer watched after that was said, also when it is gone', async () => {
    mkdirSync(join(root, 'a'))
    await watching.add(join(root, 'a'), undefined)
    rmSync(join(root, 'a'), { recursive: true })
    await watching.remove(join(root, 'a'))
    expect(watching.folders()).toEqual([])
    await expect(watching.remove(join(root, 'a'))).rejects.toMatchObject({ code: 'daemon.not-watched' })
  })
})

function write(name: string, content: string): void {
  const path = join(root, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
}
