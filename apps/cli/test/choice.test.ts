import type { FetchRequest, Selection, SelectRequest } from '@p2pshare/control'
import { expect, test } from 'vitest'
import { CID, testHome } from './run-cli.ts'

const WANTED: Selection = {
  cid: CID,
  state: 'fetching',
  files: 3,
  size: 4096,
  wantedFiles: 2,
  wantedSize: 1024
}

async function daemon(): Promise<{
  run: Awaited<ReturnType<typeof testHome>>['run']
  fetched: FetchRequest[]
  selected: SelectRequest[]
}> {
  const fetched: FetchRequest[] = []
  const selected: SelectRequest[] = []
  const { run } = await testHome({
    async *fetch(request) {
      fetched.push(request)
      yield { event: 'done', cid: CID, name: 'album', path: '/x/.album.part', size: 1024, partial: true }
    },
    async select(request) {
      selected.push(request)
      return WANTED
    }
  })
  return { run, fetched, selected }
}

test('fetch sends the choice, and says where the chosen files stay', async () => {
  const { run, fetched } = await daemon()
  const line = ['fetch', `${CID}/photos/`, '--select', '*.jpg', '--select', '*.srt', '--only', '1,3-5']
  const { code, stdout, stderr } = await run(line)
  expect([code, stdout]).toEqual([0, '/x/.album.part\n'])
  expect(stderr).toMatch(
    /what was chosen of album \(1\.0 KiB\) is complete and verified, and shared; more of it: p2pshare select/
  )
  const choice = {
    paths: ['photos'],
    globs: ['*.jpg', '*.srt'],
    numbers: [
      [1, 1],
      [3, 5]
    ]
  }
  expect(fetched).toMatchObject([{ ref: CID, choice }])
  await run(['fetch', CID])
  expect(fetched[1]).not.toHaveProperty('choice')
  expect(fetched[1]).not.toHaveProperty('priorities')
  await run(['fetch', CID, '--high', '*.srt', '--high', 'a', '--skip', 'extras'])
  expect(fetched[2]?.priorities).toEqual({
    high: { paths: [], globs: ['*.srt', 'a'], numbers: [] },
    skip: { paths: [], globs: ['extras'], numbers: [] }
  })
})

test('a choice that cannot be read ends with 2 before the daemon is asked', async () => {
  const { run, fetched, selected } = await daemon()
  for (const [only, why] of [
    ['0', 'files are numbered from 1'],
    ['5-3', 'it ends before it begins'],
    ['1,,2', 'neither a number nor a range'],
    ['x', 'neither a number nor a range'],
    ['1-2-3', 'neither a number nor a range'],
    ['-1', 'neither a number nor a range'],
    ['1e3', 'neither a number nor a range'],
    ['1-1000000000', 'no share has more than 1000000 files'],
    ['1'.repeat(3000), 'no share has more than'],
    [Array.from({ length: 1001 }, () => '1').join(','), 'more than 1000 ranges']
  ] as const) {
    const { code, stderr } = await run(['fetch', CID, `--only=${only}`])
    expect([only, code, stderr]).toEqual([only, 2, expect.stringContaining(why)])
    expect(stderr.length).toBeLessThan(300)
  }
  for (const glob of ['', '/', 'a'.repeat(257), '{a,b}'.repeat(20), '../x'])
    for (const option of ['--select', '--high', '--skip'])
      expect((await run(['fetch', CID, option, glob])).code, glob).toBe(2)
  for (const place of [`${CID}/../x`, `${CID}/a/../../x`, `${CID}/./x`]) {
    const { code, stderr } = await run(['fetch', place])
    expect([code, stderr]).toEqual([2, expect.stringContaining('leads out of the share')])
  }
  expect((await run(['select', CID, '*.jpg', '--all'])).code).toBe(2)
  expect((await run(['select', CID, ...Array.from({ length: 101 }, () => 'x')])).code).toBe(2)
  expect([fetched, selected]).toEqual([[], []])
})

test('select sends what is wanted, and what first; alone it only looks', async () => {
  const { run, selected } = await daemon()
  const { code, stdout } = await run(['select', CID])
  expect([code, stdout]).toEqual([0, `${CID} fetching, 2 of 3 files, 1.0 KiB of 4.0 KiB\n`])
  await run(['select', `${CID}/a`, '*.jpg', '--only', '2'])
  await run(['select', CID, '--all', '--high', '*.srt'])
  const none = { paths: [], globs: [], numbers: [] }
  expect(selected).toEqual([
    { ref: CID, all: false },
    { ref: CID, all: false, choice: { paths: ['a'], globs: ['*.jpg'], numbers: [[2, 2]] } },
    { ref: CID, all: true, priorities: { high: { ...none, globs: ['*.srt'] } } }
  ])
  expect((await run(['select', CID, '--json'])).json).toEqual(WANTED)
})

test('the order of pieces is sent with a fetch and changed later; both orders at once are wrong', async () => {
  const { run, fetched, selected } = await daemon()
  await run(['fetch', CID, '--sequential'])
  await run(['fetch', CID])
  expect(fetched.map(({ order }) => order)).toEqual(['sequential', undefined])
  await run(['select', CID, '--sequential'])
  await run(['select', CID, '--rarest'])
  expect(selected.map(({ order }) => order)).toEqual(['sequential', 'rarest'])
  expect((await run(['select', CID, '--sequential', '--rarest'])).code).toBe(2)
  const told = await testHome({ select: async () => ({ ...WANTED, order: 'sequential' }) })
  expect((await told.run(['select', CID])).stdout).toMatch(/, from the first piece to the last\n$/)
})

test('select --priority says how much the files that are named are wanted, and nothing of others', async () => {
  const { run, selected } = await daemon()
  await run(['select', `${CID}/a`, '*.nfo', '--only', '7', '--priority', 'low', '--high', '*.srt'])
  const none = { paths: [], globs: [], numbers: [] }
  const low = { paths: ['a'], globs: ['*.nfo'], numbers: [[7, 7]] }
  expect(selected).toEqual([
    { ref: CID, all: false, priorities: { low, high: { ...none, globs: ['*.srt'] } } }
  ])
  for (const [line, why] of [
    [[CID, '--priority', 'high'], /--priority needs files/],
    [[CID, 'a', '--priority', 'urgent'], /not one of high, normal, low, skip: urgent/],
    [[CID, 'a', '--priority', 'low', '--low', 'b'], /say the same/]
  ] as const) {
    const { code, stderr } = await run(['select', ...line])
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)])
  }
  expect(selected.length).toBe(1)
})
