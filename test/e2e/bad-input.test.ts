import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { resolveHome } from '@p2pshare/control'
import { describe, expect } from 'vitest'
import { P2PSHARE } from '../harness/command.ts'
import { test } from '../harness/fixture.ts'
import { isolatedEnvironment } from '../harness/isolation.ts'
import { mountRamDisk, noRamDisk } from '../harness/ram-disk.ts'
import { seedPath } from '../harness/shares.ts'

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

describe.skipIf(process.platform !== 'linux')('stdout that is', () => {
  const cli = (line: string, home: string) =>
    spawnSync('sh', ['-c', `"$0" "$1" ${line}`, process.execPath, P2PSHARE], {
      encoding: 'utf8',
      env: isolatedEnvironment({ home })
    })

  test('on a full disk ends every command with 6 and a word', ({ bed }) => {
    for (const line of ['config list', 'config list --json', 'seed --help', 'completion bash', ''])
      expect(cli(`${line} > /dev/full`, bed.root)).toMatchObject({
        status: 6,
        stderr: expect.stringMatching(/^[^\n]*was not written: the disk is full[^\n]*\n$/)
      })
    expect(cli('--version > /dev/full', bed.root)).toMatchObject({ status: 6 })
    const json = cli('config list --json > /dev/full', bed.root)
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'cli.output-failed', fault: 'disk' } })
  })

  test.skipIf(noRamDisk !== undefined)(
    'on a disk that takes only a part is not said to be done',
    ({ bed }) => {
      using _disk = mountRamDisk(bed.path('small'), 4096)
      const ended = cli(`config list --json > ${bed.path('small', 'file')}`, bed.root)
      expect(ended).toMatchObject({ status: 6, stderr: expect.stringContaining('the disk is full') })
    }
  )

  test('closed from the beginning, as are stdin and stderr, stops no command', ({ bed }) => {
    expect(cli('config list <&- >&- 2>&-', bed.root)).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(cli('fetch nonsense <&- >&- 2>&-', bed.root)).toMatchObject({ status: 2 })
  })
})

describe('a hash or link that is', () => {
  const malformed: Record<string, string> = {
    'no hash': 'hello',
    truncated: CID.slice(0, -7),
    'of unknown hash function': 'bafkr2i',
    'a link without hash': 'p2pshare:?name=x',
    // The system takes no argument above 128 KiB.
    'very long': CID + 'a'.repeat(120_000),
    'a link with a broken size': `p2pshare:${CID}?size=-1`
  }
  for (const [name, ref] of Object.entries(malformed)) {
    test(`${name} ends with 2 and one line, and starts no daemon`, async ({ bed }) => {
      const daemon = bed.prepare('none')
      mkdirSync(daemon.options.home, { recursive: true })
      const { code, stdout, stderr } = await daemon.begin(['fetch', ref]).ended
      expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' })
      expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2)
      expect(stderr.length).toBeLessThan(1000)
      expect(readdirSync(daemon.options.home)).toEqual([])
    })
  }

  test('10 MiB long is refused by the daemon, too, which lives on', async ({ bed }) => {
    const { ready, run } = await bed.daemon('daemon').then((daemon) => ({
      ready: daemon.ready,
      run: (args: string[]) => daemon.run(args)
    }))
    const { createControlClient } = await import('@p2pshare/control/client')
    const client = createControlClient({ socketPath: ready.socket })
    await expect(client.pause({ ref: 'a'.repeat(10 * 1024 * 1024) })).rejects.toThrow()
    expect((await run(['status'])).json()).toMatchObject({ running: true })
  })
})

describe('a daemon that cannot start says why and ends with 3', () => {
  test('another one has the home', async ({ bed }) => {
    const first = await bed.daemon('first')
    const second = await first.run(['daemon', 'run'])
    expect(second, second.stderr).toMatchObject({ code: 3 })
    expect(second.stderr).toContain(String(first.pid))
    expect((await first.run(['status'])).json()).toMatchObject({ running: true, pid: first.pid })
  })

  test('the path of its socket is too long', async ({ bed }) => {
    const daemon = bed.prepare('x'.repeat(120))
    mkdirSync(daemon.options.home, { recursive: true })
    const run = await daemon.run(['daemon', 'run'])
    expect(run, run.stderr).toMatchObject({ code: 3, stderr: expect.stringMatching(/socket.*(long|bytes)/i) })
    const seed = await daemon.run(['seed', bed.root])
    expect(seed, seed.stderr).toMatchObject({ code: 3, stderr: expect.stringMatching(/long|bytes/i) })
  })

  const configs: Record<string, { text: string; words: RegExp }> = {
    'is no JSON': { text: '{ "listen": ', words: /config\.json is not JSON/ },
    'has a key of the wrong kind': { text: '{"downloads": 7}', words: /key \\*"downloads/ },
    'is a list': { text: '[]', words: /config\.json must hold one JSON object/ }
  }
  for (const [name, { text, words }] of Object.entries(configs)) {
    test(`config.json ${name}`, async ({ bed }) => {
      const daemon = bed.prepare('daemon')
      mkdirSync(daemon.options.home, { recursive: true })
      writeFileSync(resolveHome({ home: daemon.options.home, env: {} }).configFile, text)
      for (const args of [
        ['daemon', 'run'],
        ['seed', bed.root]
      ]) {
        const run = await daemon.run(args)
        expect(run, run.stderr).toMatchObject({ code: 3, stderr: expect.stringMatching(words) })
      }
    })
  }

  test('its home is a file', async ({ bed }) => {
    const daemon = bed.prepare('daemon')
    mkdirSync(dirname(daemon.options.home), { recursive: true })
    writeFileSync(daemon.options.home, '')
    const run = await daemon.begin(['daemon', 'run'], { cwd: bed.root }).ended
    expect(run, run.stderr).toMatchObject({ code: 3, stderr: expect.stringMatching(/EEXIST.*rights/) })
    expect(run.stderr).not.toContain('failed inside')
  })

  test.skipIf(noRamDisk !== undefined)('its home is read-only', async ({ bed }) => {
    const daemon = bed.prepare('daemon')
    using disk = mountRamDisk(daemon.options.home, 65_536)
    disk.setWritable(false)
    for (const line of [
      ['daemon', 'run'],
      ['seed', bed.root]
    ]) {
      const run = await daemon.begin(line).ended
      expect(run, run.stderr).toMatchObject({ code: 3, stderr: expect.stringMatching(/EROFS.*rights/) })
      expect(run.stderr).not.toContain('failed inside')
    }
  })

  test('its port is in use', async ({ bed }) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const daemon = bed.prepare('daemon')
      mkdirSync(daemon.options.home, { recursive: true })
      const run = await daemon.run(['daemon', 'run', '--listen', `/ip4/127.0.0.1/tcp/${port}`])
      expect(run, run.stderr).toMatchObject({ code: 3 })
      expect(run.stderr).toContain(String(port))
      expect(run.stderr).toMatch(/already|in use/)
    } finally {
      server.close()
    }
  })
})

describe('a damaged catalogue', () => {
  test('is kept as a copy, which status tells; the daemon serves with a fresh one', async ({ bed }) => {
    const daemon = await bed.daemon('daemon')
    writeFileSync(bed.path('file'), 'content')
    const { cid } = await seedPath(daemon, bed.path('file'))
    await daemon.end('SIGTERM')
    const { catalogueFile, home } = resolveHome({ home: daemon.options.home, env: {} })
    writeFileSync(catalogueFile, 'this is no database at all '.repeat(1000))
    await daemon.start()
    const { warnings } = (await daemon.run(['status'])).json() as { warnings: string[] }
    expect(warnings).toHaveLength(1)
    const copy = readdirSync(home).find((name) => name.includes('damaged'))
    expect(copy).toBeDefined()
    expect(warnings[0]).toContain(copy)
    expect(existsSync(bed.path('file'))).toBe(true)
    expect((await seedPath(daemon, bed.path('file'))).cid).toBe(cid)
  })
})

describe('a home without daemon', () => {
  test('is told by status, and other commands end with 3', async ({ bed }) => {
    const daemon = bed.prepare('daemon')
    mkdirSync(daemon.options.home, { recursive: true })
    for (const args of [['list'], ['peers'], ['pause', CID], ['queue']]) {
      const { code, stderr } = await daemon.run(args)
      expect({ args, code }, stderr).toEqual({ args, code: 3 })
      expect(stderr).toMatch(/daemon/)
    }
  })
})

test('a daemon that is killed under commands ends them with 3, and says what to do', async ({ bed }) => {
  const daemon = await bed.daemon('daemon')
  const fetch = ['fetch', CID, '-o', bed.path('x')]
  const commands = [
    [...fetch, '--json', '--progress'],
    ['status', '--watch'],
    ['cat', CID]
  ].map((line) => daemon.begin(line))
  // The others need not be connected by then: they start no daemon, and say the same.
  const [{ child }] = commands as [(typeof commands)[number]]
  await once(child.stdout as Readable, 'data')
  await daemon.end('SIGKILL')
  for (const { ended } of commands) {
    const { code, stderr } = await ended
    expect(code, stderr).toBe(3)
    expect(stderr).toContain('p2pshare daemon start')
    expect(stderr).not.toMatch(/failed inside|^ +at /m)
  }
})
