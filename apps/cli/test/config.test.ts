import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { ShareError } from '@p2pshare/base'
import { CONFIG_KEYS, optionOf } from '@p2pshare/control/config'
import { expect, test } from 'vitest'
import { type OptionTable, optionsOf } from '../src/command.ts'
import { DAEMON_OPTIONS } from '../src/daemon/daemon-options.ts'
import { COMMANDS } from '../src/registry.ts'
import { testHome } from './run-cli.ts'

/** A home with a config.json, and what is in it later. */
async function configHome(text?: string, parts?: Parameters<typeof testHome>[0]) {
  const { home, run } = await testHome(parts)
  const file = join(home, 'config.json')
  if (text !== undefined) writeFileSync(file, text, { mode: 0o600 })
  return { home, run, file, read: () => readFileSync(file, 'utf8') }
}

test('set, get, list and unset, without a daemon', async () => {
  const { run, read, home } = await configHome()
  const set = await run(['config', 'set', 'uploadSlots', '8'])
  expect([set.code, set.stdout]).toEqual([0, 'uploadSlots = 8\n'])
  expect(set.stderr).toContain('no daemon runs')
  await run(['config', 'set', 'listen', '/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2'])
  await run(['config', 'set', 'port-mapping', 'off'])
  expect(JSON.parse(read())).toEqual({
    uploadSlots: 8,
    listen: ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2'],
    portMapping: false
  })
  expect(statSync(join(home, 'config.json')).mode & 0o777).toBe(0o600)
  expect((await run(['config', 'get', 'uploadSlots'])).stdout).toBe('8\n')
  expect((await run(['config', 'get', 'up'])).stdout).toBe('none\n')
  const env = { P2PSHARE_UPLOAD_SLOTS: '3' }
  expect((await run(['config', 'get', 'uploadSlots', '--json'], { env })).json).toMatchObject({
    ...{ key: 'uploadSlots', value: 3, from: 'environment', default: 'auto' },
    ...{ unit: 'peers, 1 to 1000, or `auto`', counts: 'at the next start' }
  })
  const { keys } = (await run(['config', 'list', '--json'])).json as { keys: Record<string, unknown>[] }
  expect(keys.map(({ key }) => key)).toEqual(Object.keys(CONFIG_KEYS))
  expect((await run(['config', 'list'])).stdout).toMatch(/^portMapping +false {2}\(file\)$/m)
  expect((await run(['config', 'unset', 'uploadSlots'])).stdout).toBe('uploadSlots removed\n')
  expect((await run(['config', 'get', 'uploadSlots'])).stdout).toBe('auto\n')
  expect((await run(['config', 'unset', 'uploadSlots'])).stdout).toBe('uploadSlots was not set\n')
  expect(readdirSync(home).filter((name) => name.startsWith('config'))).toEqual(['config.json'])
})

test.each([
  [['set', 'portMaping', 'on'], 'there is no key "portMaping"; did you mean portMapping?'],
  [['get', 'dwon'], 'did you mean down?'],
  [['unset', 'dwon'], 'did you mean down?'],
  [['set', 'relayPlaces', '0'], 'write 1 to 1000'],
  [['set', 'up', 'fast'], 'not a rate'],
  [['set', 'mdns', 'perhaps'], 'write true or false'],
  [['set', 'up', '1MB/s', '2MB/s'], 'takes one value'],
  [['set', 'up'], 'p2pshare'],
  [['get'], 'p2pshare']
])('config %j is wrong usage, and nothing is written', async (line, said) => {
  const { run, read } = await configHome('{"up": "1MB/s"}')
  const { code, stderr } = await run(['config', ...line])
  expect([code, stderr]).toEqual([2, expect.stringContaining(said)])
  expect(read()).toBe('{"up": "1MB/s"}')
})

test('hooks are shown as they stand in the file, and set by hand alone', async () => {
  const text = '{"onComplete": ["/bin/x", "a, b", "{path}"]}'
  const { run, read } = await configHome(text)
  const env = { P2PSHARE_ON_COMPLETE: '/bin/sh', P2PSHARE_ON_ERROR: '/bin/sh' }
  expect((await run(['config', 'get', 'onComplete'], { env })).stdout).toBe('["/bin/x","a, b","{path}"]\n')
  expect((await run(['config', 'get', 'onError', '--json'], { env })).json).toMatchObject({
    ...{ value: null, from: 'default', onlyInFile: expect.stringContaining('names a program') }
  })
  expect((await run(['config', 'list'])).stdout).toMatch(/^onComplete +\["\/bin\/x",/m)
  for (const value of [['/bin/x'], ['none']]) {
    const { code, stderr } = await run(['config', 'set', 'onComplete', ...value])
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/set only by hand.*whoever may only use.*config edit/)
    ])
  }
  expect(read()).toBe(text)
  expect((await run(['config', 'unset', 'onComplete'])).code).toBe(0)
})

test('keeps the rest of the file as it is, its rights, and a link to it', async () => {
  const { run, home } = await configHome()
  mkdirSync(join(home, 'dotfiles'))
  const real = join(home, 'dotfiles', 'p2pshare.json')
  writeFileSync(real, '{\n\t"up":  "1MB/s",\n\t"mine": [1,  2]\n}')
  chmodSync(real, 0o640)
  symlinkSync(real, join(home, 'config.json'))
  expect((await run(['config', 'set', 'up', '2MB/s'])).code).toBe(0)
  expect(readFileSync(real, 'utf8')).toBe('{\n\t"up":  "2MB/s",\n\t"mine": [1,  2]\n}')
  expect(statSync(real).mode & 0o777).toBe(0o640)
  const listed = await run(['config', 'list'])
  expect(listed.stderr).toContain('there is no key "mine"')
  expect((await run(['config', 'unset', 'mine'])).code).toBe(0)
  expect(readFileSync(real, 'utf8')).toBe('{\n\t"up":  "2MB/s"\n}')
})

test.skipIf(process.platform === 'win32')(
  'what others could write stays so, for the daemon to see',
  async () => {
    const { run, file } = await configHome('{"onComplete": ["/bin/x"]}')
    const before = process.umask(0o077)
    try {
      chmodSync(file, 0o666)
      expect((await run(['config', 'set', 'up', '1MB/s'])).code).toBe(0)
    } finally {
      process.umask(before)
    }
    expect(statSync(file).mode & 0o777).toBe(0o666)
  }
)

test.skipIf(process.getuid?.() !== 0)('the file stays with its owner', async () => {
  const { run, file } = await configHome('{}')
  chownSync(file, 1234, 1234)
  expect((await run(['config', 'set', 'up', '1MB/s'])).code).toBe(0)
  expect(statSync(file)).toMatchObject({ uid: 1234, gid: 1234 })
})

test('a relative folder is the one below where the user stands', async () => {
  const { run, read } = await configHome()
  await run(['config', 'set', 'downloads', 'films'], { cwd: '/home-of/somebody' })
  expect(JSON.parse(read())).toEqual({ downloads: '/home-of/somebody/films' })
})

test('says what the running daemon makes of it', async () => {
  const answer = { applied: ['up'], pending: ['mdns'], overruled: ['down'], warnings: [] }
  let calls = 0
  const { run } = await configHome(undefined, {
    reload: async () => {
      calls++
      return answer
    }
  })
  const { stderr } = await run(['config', 'set', 'up', '1MB/s'])
  expect(stderr.split('\n')).toEqual([
    'up: in force now',
    'mdns: takes effect at the next start of the daemon',
    "down: the daemon's command line or environment says something else, which counts",
    ''
  ])
  expect((await run(['config', 'set', 'up', '2MB/s', '--json'])).json).toMatchObject({ daemon: answer })
  // What only commands read is no matter of the daemon.
  expect((await run(['config', 'set', 'verbose', 'true'])).stderr).toBe('')
  expect(calls).toBe(2)
})

test('a daemon that refuses is no failure: the file is written', async () => {
  const { run, read } = await configHome(undefined, {
    reload: () => {
      throw new ShareError({ code: 'daemon.bad-config', fault: 'daemon', message: 'key "x" is not valid' })
    }
  })
  const { code, stderr } = await run(['config', 'set', 'up', '1MB/s'])
  expect([code, stderr]).toEqual([0, expect.stringContaining('key "x" is not valid')])
  expect(read()).toContain('1MB/s')
})

/** An editor that leaves this text. */
async function editorHome(before: string, after: string) {
  const home = await configHome(before)
  const script = join(home.home, 'editor.sh')
  writeFileSync(join(home.home, 'after'), after)
  writeFileSync(script, `#!/bin/sh\ncp "${home.home}/after" "$2"\n`, { mode: 0o700 })
  // Two words: a program and its argument.
  return { ...home, env: { EDITOR: `${script} -w`, PATH: process.env['PATH'] ?? '' } }
}

test('edit takes what is valid, although what was there was not', async () => {
  const { run, read, env, home } = await editorHome('{ broken', '{\n  "up": "1MB/s"\n}\n')
  const { code, stdout } = await run(['config', 'edit'], { env, cwd: home })
  expect([code, stdout]).toEqual([0, `${join(home, 'config.json')}\n`])
  expect(read()).toBe('{\n  "up": "1MB/s"\n}\n')
  expect(readdirSync(home)).not.toContain('config.json.edit')
  expect((await run(['config', 'edit'], { env, cwd: home })).stderr).toContain('nothing changed')
})

test.each([
  ['{"up": "fast"}', 'key "up" is not valid: not a rate'],
  ['{"up": ', 'is not JSON'],
  ['[]', 'must hold one JSON object']
])('edit refuses %s and goes on from there', async (text, said) => {
  const { run, read, env, home } = await editorHome('{"up": "1MB/s"}', text)
  const { code, stderr } = await run(['config', 'edit'], { env, cwd: home })
  expect([code, stderr]).toEqual([1, expect.stringContaining(said)])
  expect(read()).toBe('{"up": "1MB/s"}')
  writeFileSync(join(home, 'after'), '{"up": "3MB/s"}')
  const again = await run(['config', 'edit'], { env, cwd: home })
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('going on')])
  expect(read()).toBe('{"up": "3MB/s"}')
})

test('an editor that fails or is not there changes nothing', async () => {
  const { run, read, home } = await configHome('{"up": "1MB/s"}')
  const PATH = process.env['PATH'] ?? ''
  for (const EDITOR of ['false', join(home, 'no-such-editor')]) {
    const { code, stderr } = await run(['config', 'edit'], { env: { EDITOR, PATH }, cwd: home })
    expect([code, stderr]).toEqual([1, expect.stringContaining('config.json stays as it was')])
  }
  expect(read()).toBe('{"up": "1MB/s"}')
})

test('a damaged file is named by all but edit', async () => {
  const { run } = await configHome('{ broken')
  for (const line of [['list'], ['get', 'up'], ['set', 'up', '1MB/s'], ['unset', 'up']])
    expect((await run(['config', ...line])).stderr).toContain('is not JSON')
})

test('every option that config.json can give is in the table, and the other way round', async () => {
  const tables: OptionTable[] = []
  for (const node of COMMANDS)
    for (const entry of 'load' in node ? [node] : node.commands) tables.push(optionsOf(await entry.load()))
  const fromFile = tables.flatMap((table) =>
    Object.entries(table).flatMap(([name, { file }]) => (file === false ? [] : [name]))
  )
  const ofCommands = Object.entries(CONFIG_KEYS).filter(([, { counts }]) => counts === 'for commands')
  expect([...new Set(fromFile)].sort()).toEqual(ofCommands.map(([name]) => optionOf(name)).sort())
  for (const option of Object.keys(DAEMON_OPTIONS))
    expect(Object.keys(CONFIG_KEYS).map(optionOf), option).toContain(option)
})
