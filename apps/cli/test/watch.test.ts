import type { UnwatchRequest, WatchedFolderView, WatchRequest } from '@p2pshare/control'
import { expect, test } from 'vitest'
import { testHome } from './run-cli.ts'

const FOLDER: WatchedFolderView = {
  path: '/x/pub\u202Elic',
  state: 'offline',
  reason: 'it is not there',
  shared: 1,
  waiting: 0,
  missing: 1,
  failed: 0,
  left: 7,
  lastLook: 1,
  entries: [
    { name: 'a\u001B[31m', state: 'missing', reason: 'gone', versions: [] },
    {
      name: 'b',
      state: 'shared',
      versions: [
        { cid: 'bafkold', at: 0 },
        { cid: 'bafknew', at: 1 }
      ]
    }
  ]
}

async function watchHome(folders: WatchedFolderView[] = [FOLDER]) {
  const seen: (WatchRequest | UnwatchRequest)[] = []
  const home = await testHome({
    watch: async (request) => {
      seen.push(request)
      return { folders }
    },
    unwatch: async (request) => {
      seen.push(request)
      return { path: request.path, state: 'unwatched' }
    }
  })
  return { seen, run: home.run }
}

test('watch without a folder shows all, names escaped, the newest hash first', async () => {
  const { seen, run } = await watchHome()
  const { code, stdout } = await run(['watch'])
  expect(code).toBe(0)
  expect(seen).toEqual([{}])
  expect(stdout.split('\n').slice(0, 4)).toEqual([
    '/x/pub\\u{202E}lic  offline (it is not there): 1 shared, 1 missing, 7 left out: too many, put them in subfolders',
    '  -  missing (gone)  a\\u{1B}[31m',
    '  bafknew  shared  b',
    '    bafkold  older version, of 1970-01-01T00:00:00.000Z'
  ])
  const none = await watchHome([])
  expect((await none.run(['watch'])).stdout).toBe('no folder is watched yet\n')
})

test('watch and unwatch name the folder by its whole path', async () => {
  const { seen, run } = await watchHome()
  const { code, json } = await run(['watch', '/x/public', '--announce', 'roots', '--json'])
  expect([code, json]).toEqual([0, { folders: [FOLDER] }])
  const ended = await run(['unwatch', '/x/public', '--json'])
  expect(ended.json).toEqual({ path: '/x/public', state: 'unwatched' })
  expect(seen).toEqual([{ path: '/x/public', announce: 'roots' }, { path: '/x/public' }])
})

test.each([[['watch', 'a', 'b']], [['unwatch']], [['watch', 'a', '--announce', 'all']]])(
  '%j is wrong usage',
  async (line) => {
    const { seen, run } = await watchHome()
    expect((await run(line)).code).toBe(2)
    expect(seen).toEqual([])
  }
)
