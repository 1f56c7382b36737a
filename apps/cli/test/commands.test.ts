import type { ControlService } from '@p2pshare/control'
import { describe, expect, test } from 'vitest'
import { CID, phase, STATUS, summary, testHome } from './run-cli.ts'

/** A service that notes the request of one call. */
function noting<K extends keyof ControlService>(
  name: K,
  answer: unknown
): { parts: Partial<ControlService>; seen: unknown[] } {
  const seen: unknown[] = []
  const parts = {
    [name]: async (request: unknown) => {
      seen.push(request)
      return answer
    }
  } as Partial<ControlService>
  return { parts, seen }
}

describe('list', () => {
  test('JSON carries every page', async () => {
    const { run } = await testHome({
      list: async ({ after }) =>
        after === undefined ? { shares: [summary()], next: CID } : { shares: [summary({ name: 'b' })] }
    })
    const { code, json } = await run(['list', '--json'])
    expect(code).toBe(0)
    expect(json['shares']).toEqual([summary(), summary({ name: 'b' })])
  })

  test('names that could move the cursor are shown escaped', async () => {
    const { run } = await testHome({
      list: async () => ({ shares: [summary({ name: 'a\u001b[2Jb\u202Egpj\n' })] })
    })
    const { stdout } = await run(['list'])
    expect(stdout).toContain('a\\u{1B}[2Jb\\u{202E}gpj\\u{A}')
    expect(stdout).toContain('50 %')
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  })
})

describe('status', () => {
  test('of the daemon', async () => {
    const { run } = await testHome({})
    expect((await run(['status', '--json'])).json).toEqual(STATUS)
    const { stdout } = await run(['daemon', 'status'])
    expect(stdout).toContain('running, pid 7')
    expect(stdout).toContain('The catalogue was damaged.')
  })

  test('without a daemon: running false and exit code 3', async () => {
    const { run } = await testHome()
    const { code, json } = await run(['status', '--json'])
    expect([code, json]).toEqual([3, { running: false }])
    expect((await run(['daemon', 'status'])).code).toBe(3)
  })

  test('of a share', async () => {
    const detail = {
      ...summary({ state: 'error', reason: 'file changed' }),
      ...{
        pieces: 2,
        uploaded: 5,
        downloaded: 6,
        rateUp: 1,
        rateDown: 2,
        peers: 3,
        availability: 1.5,
        link: 'p2pshare:x',
        limits: { up: 1e6, down: null }
      },
      phase: phase()
    }
    const { parts, seen } = noting('shareStatus', detail)
    const { run } = await testHome(parts)
    expect((await run(['status', CID, '--json'])).json).toEqual(detail)
    expect(seen).toEqual([{ ref: CID }])
    const { stdout } = await run(['status', CID])
    expect(stdout).toContain('error: file changed')
    expect(stdout).toContain('1.5 copies')
  })
})

describe('commands on one share', () => {
  test.each(['pause', 'resume', 'verify', 'remove'] as const)('%s', async (name) => {
    const { parts, seen } = noting(name, { cid: CID, state: 'paused' })
    const { run } = await testHome(parts)
    expect((await run([name, CID, '--json'])).json).toEqual({ cid: CID, state: 'paused' })
    expect((await run([name, `/ipfs/${CID}`])).stdout).toBe(`${CID} paused\n`)
    const more = name === 'remove' ? { deleteFiles: false } : name === 'resume' ? { now: false } : {}
    expect(seen).toEqual([
      { ref: CID, ...more },
      { ref: `/ipfs/${CID}`, ...more }
    ])
  })

  test('relocate: the path is taken from the folder that the user is in, what is checked is shown', async () => {
    const seen: unknown[] = []
    const { run } = await testHome({
      async *relocate(request) {
        seen.push(request)
        yield { event: 'checking', done: 1, total: 3 }
        yield { event: 'done', cid: CID, name: 'film', path: '/real/film', state: 'seeding', hashed: 2048 }
      }
    })
    const done = { cid: CID, name: 'film', path: '/real/film', state: 'seeding', hashed: 2048 }
    expect((await run(['relocate', CID, 'film', '--json'])).json).toEqual(done)
    expect(seen).toEqual([{ ref: CID, path: expect.stringMatching(/^\/.+\/film$/) }])
    const told = await run(['relocate', CID, '/a/film'])
    expect(told.stdout).toBe(`${CID} seeding\n`)
    expect(told.stderr).toMatch(/film: checking what is there, 33 %/)
    expect(told.stderr).toContain('film is at /real/film; 2.0 KiB were read to be sure')
    expect((await run(['relocate', CID])).code).toBe(2)
    expect((await run(['relocate', 'nonsense', '/a'])).code).toBe(2)
  })

  test('remove --delete-files', async () => {
    const { parts, seen } = noting('remove', { cid: CID, state: 'removed' })
    const { run } = await testHome(parts)
    expect((await run(['remove', CID, '--delete-files'])).code).toBe(0)
    expect(seen).toEqual([{ ref: CID, deleteFiles: true }])
  })
})

describe('limit', () => {
  const PEER = '12D3KooWGzh9RPKTPvEoGbCXnM1nUgVNtDQGDNCC6YqDCwGm5fXN'
  const WORKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri']
  const now = { up: 50e6, down: null, includeLan: true }

  test.each([
    [['--up', '50MB/s'], { up: 50e6 }],
    [['--up', 'none', '--down', '800KiB/s'], { up: null, down: 800 * 1024 }],
    [[CID, '--include-lan'], { ref: CID, includeLan: true }],
    [['--no-include-lan'], { includeLan: false }],
    [['--peer', PEER, '--up', '1MB/s'], { peer: PEER, up: 1e6 }],
    [
      ['--alt-up', '1MB/s', '--alt-from', '9:00', '--alt-to', '17:30', '--alt-days', 'mon-fri'],
      { alternative: { up: 1e6, mode: 'auto', from: '09:00', to: '17:30', days: WORKDAYS } }
    ],
    [['--alt-days', 'sat-mon,wed'], { alternative: { mode: 'auto', days: ['mon', 'wed', 'sat', 'sun'] } }],
    [['--alt-to', '24:00', '--alt', 'off'], { alternative: { mode: 'off', to: '00:00' } }],
    [['--alt', 'on', '--alt-down', 'none'], { alternative: { mode: 'on', down: null } }],
    [[], {}]
  ])('%j', async (line, request) => {
    const { parts, seen } = noting('limit', now)
    const { run } = await testHome(parts)
    const { code, json } = await run(['limit', ...line, '--json'])
    expect([code, json]).toEqual([0, now])
    expect(seen).toEqual([request])
  })

  test('limits in the environment are those of the daemon, not of a share', async () => {
    const { parts, seen } = noting('limit', now)
    const { run } = await testHome(parts)
    const env = { P2PSHARE_UP: '1MB/s', P2PSHARE_INCLUDE_LAN: 'true' }
    await run(['limit', CID, '--down', '2MB/s'], { env })
    await run(['limit', '--down', '2MB/s'], { env })
    expect(seen).toEqual([
      { ref: CID, down: 2e6 },
      { up: 1e6, down: 2e6, includeLan: true }
    ])
  })

  test('in words', async () => {
    const { run } = await testHome(noting('limit', now).parts)
    expect((await run(['limit'])).stdout).toBe('up 47.7 MiB/s, down unlimited, local network included\n')
  })

  test('alternative limits in words, and why they hold', async () => {
    const alternative = { up: 1024, down: null, mode: 'auto', from: '09:00', to: '17:30', days: WORKDAYS }
    const inForce = { up: 1024, down: null, includeLan: true, why: 'schedule' }
    const { run } = await testHome(noting('limit', { ...now, alternative, inForce }).parts)
    expect((await run(['limit'])).stdout.split('\n').slice(1)).toEqual([
      'alternative: up 1.0 KiB/s, down unlimited, from 09:00 to 17:30 on mon, tue, wed, thu, fri',
      'in force: up 1.0 KiB/s, down unlimited, local network included (alternative limits, by the schedule)',
      ''
    ])
  })
})

describe('peers, connect, id', () => {
  const peer = {
    peerId: '12D3',
    address: '/ip4/127.0.0.1/tcp/1',
    inbound: true,
    relayed: false,
    agent: 'x\u001b[0m'
  }

  test('peers', async () => {
    const { parts, seen } = noting('peers', { peers: [peer] })
    const { run } = await testHome(parts)
    expect((await run(['peers', '--json'])).json).toEqual({ peers: [peer] })
    expect((await run(['peers', CID])).stdout).toContain('x\\u{1B}[0m')
    expect(seen).toEqual([{}, { ref: CID }])
  })

  test('connect', async () => {
    const { parts, seen } = noting('connect', { peerId: '12D3' })
    const { run } = await testHome(parts)
    expect((await run(['connect', '/ip4/127.0.0.1/tcp/1', '--json'])).json).toEqual({ peerId: '12D3' })
    expect(seen).toEqual([{ address: '/ip4/127.0.0.1/tcp/1' }])
    expect((await run(['connect', 'example.org:80'])).code).toBe(2)
  })

  test('id', async () => {
    const { run } = await testHome(noting('id', { peerId: '12D3', addresses: ['/a'] }).parts)
    expect((await run(['id', '--json'])).json).toEqual({ peerId: '12D3', addresses: ['/a'] })
    expect((await run(['id'])).stdout).toBe('12D3\n/a\n')
  })
})

describe('daemon measure', () => {
  const waits = { count: 80, p50: 0.41, p95: 1.2, p99: 3.4, max: 5 }
  const seen = { duration: 2000, cpuSeconds: 0.1, memory: 2 ** 20, busy: 0.04 }
  const answer = { ...seen, eventLoopDelay: waits, roundTrips: [{ peerId: '12D3', ...waits }] }

  test('what was seen, in numbers and in words', async () => {
    const { parts, seen: asked } = noting('measure', answer)
    const { run } = await testHome(parts)
    expect((await run(['daemon', 'measure', '--for', '500ms', '--json'])).json).toEqual(answer)
    const { stdout } = await run(['daemon', 'measure'])
    expect(stdout).toContain('5.0 % of a core; main thread busy 4.0 %')
    expect(stdout).toContain('12D3: half within 0.4, 95 % 1.2, 99 % 3.4, all 5.0 ms')
    expect(asked).toEqual([{ duration: 500 }, { duration: 2000 }])
  })

  test.each(['soon', '10ms', '2m'])('--for %s is wrong usage', async (text) => {
    const { run } = await testHome()
    expect((await run(['daemon', 'measure', '--for', text])).code).toBe(2)
  })
})

describe('daemon stop', () => {
  test('none runs: nothing to do', async () => {
    const { run } = await testHome()
    const { code, json } = await run(['daemon', 'stop', '--json'])
    expect([code, json]).toEqual([0, { running: false }])
  })

  test('waits until its process is gone', async () => {
    // The highest pid that Linux gives is below this one, so nobody has it.
    const { run } = await testHome(noting('shutdown', { pid: 2 ** 30 }).parts)
    expect((await run(['daemon', 'stop', '--json'])).json).toEqual({ running: false, pid: 2 ** 30 })
  })
})

test('daemon start: one that runs already is shown', async () => {
  const { run } = await testHome({})
  const { code, json, stderr } = await run(['daemon', 'start', '--json'])
  expect([code, json]).toEqual([0, STATUS])
  expect(stderr).toContain('runs already')
})
