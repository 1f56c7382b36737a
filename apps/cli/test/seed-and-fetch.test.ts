import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { ShareError } from '@p2pshare/base'
import type { FetchEvent, SeedEvent } from '@p2pshare/control'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CID, run as runAnywhere, state, testHome } from './run-cli.ts'

const DONE: FetchEvent = { event: 'done', cid: CID, name: 'x', path: '/work-folder/x', size: 2048 }

/** A fetch that says these events and then ends, or stays silent. */
const saying = (events: FetchEvent[], then: 'ends' | 'silent' = 'ends') => {
  const seen: unknown[] = []
  const fetch = async function* (request: unknown, signal: AbortSignal): AsyncGenerator<FetchEvent> {
    seen.push(request)
    yield* events
    if (then === 'silent' && !signal.aborted) await once(signal, 'abort')
  }
  return { parts: { fetch }, seen }
}

describe('fetch', () => {
  test('JSON: one object at the end', async () => {
    const { parts, seen } = saying([state(), DONE])
    const { run } = await testHome(parts)
    const { code, stdout, stderr } = await run(['fetch', CID, '--json'])
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toEqual({ cid: CID, name: 'x', path: '/work-folder/x', size: 2048 })
    expect(seen).toEqual([{ ref: CID, folder: '/work-folder', force: false }])
  })

  test('--progress: a line for each state', async () => {
    const { parts } = saying([state({ phase: 'pieces', done: 5, total: 10, rate: 3, peers: 2 }), DONE])
    const { run } = await testHome(parts)
    const { lines } = await run(['fetch', CID, '--json', '--progress'])
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatchObject({
      event: 'progress',
      done: 5,
      total: 10,
      rate: 3,
      peers: 2,
      phase: 'pieces'
    })
    expect(lines[1]).toMatchObject({ cid: CID })
  })

  test.each([
    ['out', { output: '/work-folder/out' }],
    ['out/', { folder: '/work-folder/out' }],
    ['..', { folder: '/' }],
    ['/abs/file', { output: '/abs/file' }]
  ])('-o %s', async (target, expected) => {
    const { parts, seen } = saying([DONE])
    const { run } = await testHome(parts)
    expect((await run(['fetch', CID, '-o', target, '--force'])).code).toBe(0)
    expect(seen).toEqual([{ ref: CID, force: true, ...expected }])
  })

  test('--adopt: the target itself, whatever a shell puts behind it; how much was there is told', async () => {
    const { parts, seen } = saying([{ ...DONE, adopted: 1024 }])
    const { run } = await testHome(parts)
    const json = await run(['fetch', CID, '-o', 'out/', '--adopt', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ adopted: 1024, size: 2048 })
    expect(seen).toEqual([{ ref: CID, force: false, adopt: true, output: '/work-folder/out' }])
    const { stderr } = await run(['fetch', CID, '-o', 'out', '--adopt'])
    expect(stderr).toContain('complete and verified; adopted 1.0 KiB of 2.0 KiB')
  })

  test('no terminal: plain lines, data alone on stdout', async () => {
    const { parts } = saying([state({}, 'a\u001b[2Jb'), DONE])
    const { run } = await testHome(parts)
    const { stdout, stderr } = await run(['fetch', CID])
    expect(stdout).toBe('/work-folder/x\n')
    expect(stderr).toMatch(/asking the daemon\n/)
    expect(stderr).toContain('complete and verified')
    expect(stderr).not.toContain('\u001b')
  })

  test('a terminal: a frame at once, moving while the daemon is silent', async () => {
    const { parts } = saying(
      [state({ phase: 'pieces', pieces: 12, totalPieces: 1024, done: 12, total: 1024, found: 3 })],
      'silent'
    )
    const { run } = await testHome(parts)
    let press: () => void = () => undefined
    let frames = 0
    const { code, stderr } = await run(['fetch', CID], {
      isTTY: true,
      interrupt: (callback) => {
        press = callback
      },
      onStderr: (text) => {
        if (text.includes('12 of 1024 pieces') && ++frames === 3) press()
      }
    })
    expect(code).toBe(130)
    const plain = stripVTControlCharacters(stderr)
    expect(plain).toContain('asking the daemon')
    expect(plain).toContain('1 %')
    expect(plain).toContain(`p2pshare remove ${CID}`)
  })

  test.each([{ TERM: 'dumb' }, { CI: 'true' }])('%j: no moving frame on a terminal', async (env) => {
    const { run } = await testHome(saying([state(), DONE]).parts)
    expect((await run(['fetch', CID], { isTTY: true, env })).stderr).not.toContain('\u001b')
  })

  test('NO_COLOR: a frame without colours', async () => {
    const { run } = await testHome(saying([state(), DONE]).parts)
    // Colours end in m; cursor moves do not.
    expect((await run(['fetch', CID], { isTTY: true, env: { NO_COLOR: '1' } })).stderr).not.toMatch(
      /\[[\d;]*m/
    )
  })

  test('Ctrl-C leaves the job and says so', async () => {
    const { run } = await testHome(saying([state()], 'silent').parts)
    let press: () => void = () => undefined
    const { code, stderr, stdout } = await run(['fetch', CID, '--json', '--progress'], {
      interrupt: (callback) => {
        press = callback
        setImmediate(press)
      }
    })
    expect(code).toBe(130)
    expect(stderr).toContain('the daemon goes on fetching')
    expect(stdout).not.toContain('"path"')
  })

  test('--timeout: no progress ends with 4 and what was tried; hearing of peers is no progress', async () => {
    const tried = [{ source: 'lan-dht', outcome: 'nobody', providers: 0 } as const]
    const { run } = await testHome(saying([state({ tried }), state({ tried, found: 1 })], 'silent').parts)
    const { code, stderr, stdout } = await run(['fetch', CID, '--timeout', '300ms'])
    expect([code, stdout]).toEqual([4, ''])
    expect(stderr).toContain('no progress for 300ms: local DHT: nobody has it; peers found: 1, connected: 0')
    expect(stderr).toContain('The daemon keeps trying')
  })

  test.each([
    ['storage.target-exists', 'user', 1],
    ['content.bad-name', 'content', 5],
    ['storage.disk-full', 'disk', 6],
    ['storage.not-writable', 'user', 6],
    ['daemon.stopping', 'daemon', 3]
  ] as const)('%s of fault %s gives %i', async (code, fault, exit) => {
    const parts = {
      async *fetch(): AsyncGenerator<FetchEvent> {
        yield state()
        throw new ShareError({ code, fault, message: 'what\nhappened', hint: 'way out' })
      }
    }
    const { run } = await testHome(parts)
    const outcome = await run(['fetch', CID])
    expect(outcome.code).toBe(exit)
    expect(outcome.stderr.trimEnd().split('\n').at(-1)).toBe('p2pshare: what happened — way out')
    const asJson = await run(['fetch', CID, '--json'])
    expect(asJson.stdout).toBe('')
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code, fault } })
  })
})

describe('seed', () => {
  const seeded = (path: string): SeedEvent => ({
    event: 'seeded',
    path,
    cid: CID,
    name: 'x',
    size: 2,
    pieces: 1,
    link: `p2pshare:${CID}`,
    skipped: [{ path: 'pipe\u0007', reason: 'fifo' }]
  })

  test('the hash alone on stdout, the rest on stderr', async () => {
    const { run } = await testHome({
      async *seed({ paths }) {
        for (const path of paths) yield seeded(path)
      }
    })
    const { code, stdout, stderr } = await run(['seed', 'a', '/b'])
    expect([code, stdout]).toEqual([0, `${CID}\n${CID}\n`])
    expect(stderr).toContain('skipped pipe\\u{7}: fifo')
    const { lines } = await run(['seed', '--json', '--', '-odd', 'b'])
    expect(lines.map((line) => line['path'])).toEqual(['/work-folder/-odd', '/work-folder/b'])
    expect(lines[0]).toMatchObject({ cid: CID, name: 'x', size: 2, pieces: 1, link: `p2pshare:${CID}` })
  })

  test('what is shared encrypted and in the clear is told, with the way out', async () => {
    const overlaps = [{ cid: 'bafkother', path: '/a/\u202epart' }]
    const { run } = await testHome({
      async *seed({ paths }) {
        for (const path of paths) yield { ...seeded(path), overlaps } as SeedEvent
      }
    })
    const hidden = await run(['seed', '--encrypt', '/a'])
    expect(hidden.stderr).toContain('/a/\\u{202E}part is also shared without encryption, as bafkother')
    expect(hidden.stderr).toContain('p2pshare remove bafkother')
    const open = await run(['seed', '/a'])
    expect(open.stderr).toContain(`also shared encrypted, as bafkother`)
    expect(open.stderr).toContain(`p2pshare remove ${CID}`)
    expect((await run(['seed', '/a', '--json'])).lines).toMatchObject([{ overlaps }])
  })

  test('a path that fails does not stop the others, and gives the exit code', async () => {
    const { run } = await testHome({
      async *seed() {
        yield {
          event: 'failed',
          path: '/a',
          error: { code: 'storage.no-such-path', fault: 'user', message: 'no /a' }
        }
        yield seeded('/b')
      }
    })
    const { code, stdout, stderr } = await run(['seed', '/a', '/b'])
    expect([code, stdout]).toEqual([1, `${CID}\n`])
    expect(stderr).toContain('p2pshare: no /a\n')
  })
})

describe('several paths in one share', () => {
  const asked: unknown[] = []
  const home = () =>
    testHome({
      async *seed(request) {
        asked.push(request)
        const path = request.paths[0] ?? ''
        const sizes = { size: 0, pieces: 0, link: `p2pshare:${CID}`, skipped: [] }
        yield { event: 'seeded', path, cid: CID, name: request.name ?? 'x', ...sizes }
      }
    })

  test('a name makes one share of all; a list brings more paths, as lines or with zero bytes between', async () => {
    asked.length = 0
    const { run } = await home()
    const cwd = await mkdtemp(join(tmpdir(), 'p2ps-'))
    onTestFinished(() => rm(cwd, { recursive: true, force: true }))
    await writeFile(join(cwd, 'list'), 'b\r\n\n/c d\n')
    expect(await run(['seed', 'a', '--name', 'x', '--files-from', 'list'], { cwd })).toMatchObject({
      code: 0,
      stdout: `${CID}\n`
    })
    await run(['seed', '--encrypt', '--name', 'x', '--files-from', '-'], { cwd, input: 'e\nf\0g\0' })
    expect(asked).toEqual([
      { paths: [join(cwd, 'a'), join(cwd, 'b'), '/c d'], name: 'x' },
      { paths: [join(cwd, 'e\nf'), join(cwd, 'g')], name: 'x', encrypt: true }
    ])
  })

  test('without a name a long list goes in parts', async () => {
    asked.length = 0
    const { run } = await home()
    const input = Array.from({ length: 1001 }, (_, i) => `/p${i}\n`).join('')
    expect((await run(['seed', '--files-from', '-'], { input })).code).toBe(0)
    expect((asked as { paths: string[] }[]).map(({ paths }) => paths.length)).toEqual([1000, 1])
    const many = await run(['seed', '--name', 'x', '--files-from', '-'], { input: '/p\n'.repeat(10_001) })
    expect([many.code, many.stdout, asked.length]).toEqual([2, '', 2])
    expect(many.stderr).toContain('10001 paths are too many for one share')
  })

  test.each([
    [['--name', '../x', 'a'], 2, 'cannot be that of a share'],
    [['--name', 'CON', 'a'], 2, 'reserved on some systems'],
    [['--name', '', 'a'], 2, '--name needs a value'],
    [['--name', 'x'], 2, 'seed needs a path'],
    [['--name', 'x', '--files-from', '-'], 2, 'names no path'],
    [['--files-from', '/nonexistent/list'], 1, 'cannot be read (ENOENT)'],
    [['--files-from', '/dev/zero'], 1, 'larger than 32 MiB']
  ])('%j is refused before any daemon is asked', async (line, code, words) => {
    const { run } = await testHome()
    const refused = await run(['seed', ...line])
    expect([refused.code, refused.stdout]).toEqual([code, ''])
    expect(refused.stderr).toContain(words)
  })
})

describe('no daemon can be started', () => {
  test('exit code 3 and why', async () => {
    const { home } = await testHome()
    const file = join(home, 'file')
    await writeFile(file, '')
    const { code, stderr } = await runAnywhere(['seed', 'x', '--home', join(file, 'home')])
    expect(code).toBe(3)
    expect(stderr).toContain('ENOTDIR')
  })
})
