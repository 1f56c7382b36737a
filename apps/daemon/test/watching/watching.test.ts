import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '@p2pshare/ports'
import { MemoryCatalogue, VirtualClock } from '@p2pshare/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { MOST_FOLDERS } from '../../src/watching/limits.ts'
import type { WatchedShares } from '../../src/watching/watched-shares.ts'
import { Watching } from '../../src/watching/watching.ts'
import { WatchStore } from '../../src/watching/watch-store.ts'

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const shares: WatchedShares = {
  seed: async () => 'cid',
  supersede: async () => undefined,
  lose: () => undefined,
  resume: () => undefined,
  drop: async () => undefined,
  isInTrouble: () => false
}

/** Watching, and folders `a/b`, `ab`, `home`, with `link` for `a/b`. */
function setUp() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'p2ps-')))
  const at = (...names: string[]): string => join(root, ...names)
  for (const name of ['a/b', 'ab', 'home']) mkdirSync(at(name), { recursive: true })
  symlinkSync(at('a', 'b'), at('link'))
  const store = new WatchStore(new MemoryCatalogue())
  const look = async () => ({ kind: 'offline' as const, reason: 'only looked at in other tests' })
  const parts = { clock: new VirtualClock(), log: quiet, shares, store, look }
  const watching = new Watching(parts, [at('home')])
  onTestFinished(async () => {
    await watching.stop()
    rmSync(root, { recursive: true, force: true })
  })
  const paths = (): string[] => watching.folders().map(({ path }) => path)
  return { watching, at, paths, store }
}

test.each([
  ['the inner one after', ['a'], ['a', 'b']],
  ['the outer one after', ['a', 'b'], ['a']],
  ['the inner one by a link after', ['a'], ['link']],
  ['the outer one after the inner by a link', ['link'], ['a']]
])('of two folders one inside the other, %s is refused', async (_what, first, second) => {
  const { watching, at, paths } = setUp()
  await watching.add(at(...first), undefined)
  await expect(watching.add(at(...second), undefined)).rejects.toMatchObject({
    code: 'daemon.watch-inside',
    message: expect.stringMatching(/lie one inside the other/)
  })
  expect(paths()).toHaveLength(1)
})

test('one that lies beside another, and the same by another name, are no trouble', async () => {
  const { watching, at, paths, store } = setUp()
  await watching.add(at('a', 'b'), undefined)
  expect(await watching.add(at('link'), undefined)).toBe(watching.folders()[0])
  await watching.add(at('ab'), 'roots')
  expect(paths()).toEqual([at('a', 'b'), at('ab')])
  expect((await watching.remove(at('link'))).path).toBe(at('a', 'b'))
  expect(store.folders()).toEqual([{ path: at('ab'), settings: { announce: 'roots' } }])
  await expect(watching.remove(at('link'))).rejects.toMatchObject({ code: 'daemon.not-watched' })
})

test('what is no folder, the daemon’s own data and too many are refused', async () => {
  const { watching, at } = setUp()
  for (const path of [at('nothing'), at('home'), at()])
    await expect(watching.add(path, undefined)).rejects.toMatchObject({ code: 'daemon.not-watchable' })
  for (let i = 0; i <= MOST_FOLDERS; i++) mkdirSync(at('ab', `${i}`))
  for (let i = 0; i < MOST_FOLDERS; i++) await watching.add(at('ab', `${i}`), undefined)
  await expect(watching.add(at('ab', `${MOST_FOLDERS}`), undefined)).rejects.toMatchObject({
    code: 'daemon.too-many-watched'
  })
})
