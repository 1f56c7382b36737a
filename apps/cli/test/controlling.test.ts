import type { QueueView, StopAnswer } from '@p2pshare/control'
import { describe, expect, test } from 'vitest'
import { CID, summary, testHome } from './run-cli.ts'

const OTHER = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

const job = (more: Partial<QueueView['jobs'][number]> = {}): QueueView['jobs'][number] => ({
  ...{ place: 1, cid: CID, name: 'film.mkv', size: 2048, done: 1024, state: 'fetching' },
  ...{ running: true, stalled: false, forced: false },
  ...more
})
const view = (more: Partial<QueueView> = {}): QueueView => ({
  ...{ activeFetches: 1, activeVerifies: 1, running: 1, waiting: 1, more: 0, verifies: [] },
  jobs: [job(), job({ place: 2, cid: OTHER, name: 'b', size: 0, done: 0, state: 'queued', running: false })],
  ...more
})

/** A daemon that answers one view, and what it was asked. */
async function withQueue(answer: QueueView) {
  const seen: unknown[] = []
  const { run } = await testHome({
    queue: async (request) => {
      seen.push(request)
      return answer
    }
  })
  return { run, seen }
}

describe('queue', () => {
  test('lists what runs and what waits, in order', async () => {
    const { run, seen } = await withQueue(view())
    const { code, stdout } = await run(['queue'])
    expect([code, seen]).toEqual([0, [{}]])
    expect(stdout.trimEnd().split('\n')).toEqual([
      '1 running, 1 waiting (1 may run at once)',
      `1  ${CID}  fetching 50 %  2.0 KiB  film.mkv`,
      `2  ${OTHER}  queued  b`
    ])
  })

  test('says what takes no place, what is verified, and escapes names', async () => {
    const jobs = [job({ stalled: true, forced: true, name: 'a\u001b[2J' })]
    const verifies = [
      { cid: CID, name: 'x', running: true },
      { cid: OTHER, name: 'y\n', running: false }
    ]
    const { run } = await withQueue(view({ activeFetches: null, jobs, verifies, more: 4 }))
    expect((await run(['queue'])).stdout.trimEnd().split('\n')).toEqual([
      '1 running, 1 waiting (any number may run at once)',
      `1  ${CID}  fetching 50 % (regardless of the queue, stalled, takes no place)  2.0 KiB  a\\u{1B}[2J`,
      'and 4 more',
      `is verified: ${CID}  x`,
      `waits to be verified: ${OTHER}  y\\u{A}`
    ])
    const empty = await withQueue(view({ jobs: [], running: 0, waiting: 0 }))
    expect((await empty.run(['queue'])).stdout).toBe('nothing is fetched (1 may run at once)\n')
  })

  test.each([
    ['--first', 'first'],
    ['--last', 'last'],
    ['--up', 'up'],
    ['--down', 'down'],
    ['--position=3', 3]
  ])('moves a share %s', async (option, move) => {
    const { run, seen } = await withQueue(view())
    // Rates of the daemon, which have nothing to do with it.
    const { code, json } = await run(['queue', CID, option, '--json'], {
      env: { P2PSHARE_UP: '5MB/s', P2PSHARE_DOWN: '1MB/s' }
    })
    expect([code, seen]).toEqual([0, [{ ref: CID, move }]])
    expect(json).toEqual(view())
  })
})

const answer = (more: Partial<StopAnswer> = {}): StopAnswer => ({
  ...{ cid: CID, state: 'seeding', own: ['ratio'], ratio: 0.3199, seeded: 90_000_000, replicas: 1 },
  ...{ rules: { ratio: 2, time: 604_800_000, replicas: 3 }, stopped: null },
  ...more
})

describe('stop-when', () => {
  test.each<[string[], object]>([
    [[], {}],
    [['--ratio', '1.5'], { rules: { ratio: 1.5 } }],
    [['--time', '7d', '--replicas', 'none'], { rules: { time: 604_800_000, replicas: null } }],
    [['--never'], { rules: { ratio: null, time: null, replicas: null } }],
    [['--default'], { usual: true }]
  ])('%j', async (line, asked) => {
    const seen: unknown[] = []
    const { run } = await testHome({
      stopWhen: async (request) => {
        seen.push(request)
        return answer()
      }
    })
    const { code, json } = await run(['stop-when', CID, ...line, '--json'])
    expect([code, json]).toEqual([0, answer()])
    expect(seen).toEqual([{ ref: CID, usual: false, ...asked }])
  })

  test('says when it stops and how far it is', async () => {
    const { run } = await testHome({ stopWhen: async () => answer() })
    expect((await run(['stop-when', CID])).stdout.trimEnd().split('\n')).toEqual([
      `${CID} seeding`,
      'stops seeding at ratio 2 (0.31 now) or after 7d (1d 1h now), but not before 3 others have all of it (1 seen within a day)',
      'so far: ratio 0.31, seeded for 1d 1h, 1 other seen with all of it within a day'
    ])
    const never = answer({
      ...{ state: 'paused', reason: 'ratio 2.0 reached', own: [], ratio: null },
      rules: { ratio: null, time: null, replicas: null }
    })
    const other = await testHome({ stopWhen: async () => never })
    expect((await other.run(['stop-when', CID])).stdout).toContain(
      `${CID} paused (ratio 2.0 reached)\ndoes not stop seeding by itself (as the configuration says)\nso far: ratio unknown`
    )
  })
})

test('resume waits for its turn, or not; what came of it is said', async () => {
  const seen: unknown[] = []
  const { run } = await testHome({
    resume: async (request) => {
      seen.push(request)
      return request.now
        ? { cid: CID, state: 'fetching' }
        : { cid: CID, state: 'queued', reason: 'place 2 of 2 in the queue' }
    }
  })
  expect((await run(['resume', CID])).stdout).toBe(`${CID} queued (place 2 of 2 in the queue)\n`)
  expect((await run(['resume', CID, '--now', '--json'])).json).toEqual({ cid: CID, state: 'fetching' })
  expect(seen).toEqual([
    { ref: CID, now: false },
    { ref: CID, now: true }
  ])
})

test('list says why a share waits or has stopped', async () => {
  const shares = [
    summary({ state: 'queued', reason: 'place 2 of 2 in the queue' }),
    summary({ state: 'paused', reason: 'ratio 2.0 reached', done: 2048 })
  ]
  const { run } = await testHome({ list: async () => ({ shares }) })
  const { stdout } = await run(['list'])
  expect(stdout).toContain('queued 50 % (place 2 of 2 in the queue)')
  expect(stdout).toContain('paused (ratio 2.0 reached)')
})
