import type { EntriesEvent, EntriesRequest, ShareEntryView } from '@p2pshare/control'
import { ShareError } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { checkedPlace } from '../src/share-ref.ts'
import { CID, phase, testHome } from './run-cli.ts'

const PAGES: EntriesEvent[] = [
  { event: 'state', cid: CID, name: 'x', phase: phase() },
  {
    event: 'entries',
    entries: [
      { kind: 'folder', path: 'a', size: 2048 },
      { kind: 'file', number: 1, path: 'a/\u001b[2Jb\u202e', size: 2048 }
    ]
  },
  { event: 'entries', entries: [{ kind: 'file', number: 2, path: 'c', size: 0 }] },
  { event: 'done', cid: CID, name: 'x', files: 2, folders: 1, size: 2048 }
]

const daemon = (asked: EntriesRequest[] = []) =>
  testHome({
    async *entries(request) {
      asked.push(request)
      yield* PAGES
    }
  })

test('prints number, size and path of each entry, names escaped; --json one entry a line', async () => {
  const asked: EntriesRequest[] = []
  const { run } = await daemon(asked)
  const plain = await run(['ls', `${CID}/a/`])
  expect(plain.code, plain.stderr).toBe(0)
  expect(asked).toEqual([{ ref: CID, path: 'a' }])
  expect(plain.stdout.split('\n').map((line) => line.trim())).toEqual([
    '-    2.0 KiB  a/',
    expect.stringMatching(/^1 {4}2\.0 KiB {2}a\/\S+\[2Jb\S+$/),
    '2        0 B  c',
    ''
  ])
  expect(plain.stdout).not.toMatch(/[\u001b\u202e]/)
  expect(plain.stderr).toContain('2 files, 1 folders')
  const json = await run(['ls', CID, '--json'])
  expect(json.lines).toEqual(PAGES.flatMap((page) => (page.event === 'entries' ? page.entries : [])))
})

test('of a share that is here it says how much of each file is, and how much it is wanted', async () => {
  const entries: ShareEntryView[] = [
    { kind: 'folder', path: 'a', size: 2048, done: 1024 },
    { kind: 'file', number: 1, path: 'a/b', size: 1000, done: 999, priority: 'high' },
    { kind: 'file', number: 2, path: 'c', size: 0, done: 0, priority: 'skip' }
  ]
  const { run } = await testHome({
    async *entries() {
      yield { event: 'entries', entries }
      yield { event: 'done', cid: CID, name: 'x', files: 2, folders: 1, size: 2048 }
    }
  })
  expect((await run(['ls', CID])).stdout).toBe(
    [
      '      -    2.0 KiB   50 %  -       a/',
      '      1     1000 B   99 %  high    a/b',
      '      2        0 B  100 %  skip    c',
      ''
    ].join('\n')
  )
  expect((await run(['ls', CID, '--json'])).lines).toEqual(entries)
})

test('ends with 4 when nothing comes, says that nothing goes on, and passes errors on', async () => {
  const { run } = await testHome({
    async *entries({ path }, signal) {
      if (path !== undefined)
        throw new ShareError({ code: 'content.no-such-entry', fault: 'user', message: 'nothing there' })
      yield { event: 'state', cid: CID, name: 'x', phase: phase() }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
  })
  const silent = await run(['ls', CID, '--timeout', '1s'])
  expect([silent.code, silent.stderr]).toEqual([
    4,
    expect.stringMatching(/no progress for 1s.*Nothing goes on/s)
  ])
  expect((await run(['ls', `${CID}/x`])).code).toBe(1)
  expect((await run(['ls', 'nonsense/x'])).code).toBe(2)
  const left = await run(['ls', CID], { interrupt: (press) => setTimeout(press, 50) })
  expect(left.code).toBe(130)
})

test('a place in a share is read from all forms of a hash', async () => {
  expect(await checkedPlace(`/ipfs/${CID}/a/b?c`)).toEqual({ ref: `/ipfs/${CID}`, path: 'a/b?c' })
  expect(await checkedPlace(`ipfs://${CID}/a`)).toEqual({ ref: `ipfs://${CID}`, path: 'a' })
  expect(await checkedPlace(`p2pshare:${CID}/a/b?name=x`)).toEqual({
    ref: `p2pshare:${CID}?name=x`,
    path: 'a/b'
  })
  expect(await checkedPlace(`p2pshare:${CID}?name=x`)).toEqual({ ref: `p2pshare:${CID}?name=x` })
  expect(await checkedPlace(`${CID}/`)).toEqual({ ref: CID })
})
