import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CID, run, testHome } from './run-cli.ts'

const PEER = '12D3KooWGzh9RPKTPvEoGbCXnM1nUgVNtDQGDNCC6YqDCwGm5fXN'

describe('wrong usage ends with 2 and one line', () => {
  test.each([
    [['bogus']],
    [['list', 'x']],
    [['list', '--bogus']],
    [['fetch']],
    [['fetch', CID, CID]],
    [['fetch', '']],
    [['fetch', 'zz']],
    [['fetch', '1e10']],
    [['fetch', '--', '-zz']],
    [['status', `${CID}x`]],
    [['fetch', `${CID}/../x`]],
    [['fetch', 'p2pshare:%2e%2e']],
    [['fetch', 'x'.repeat(10 * 2 ** 20)]],
    [['remove', 'a\u0000b']],
    [['fetch', CID, '--timeout', 'soon']],
    [['fetch', CID, '--timeout', '0s']],
    [['fetch', CID, '-o', 'a', '-o', 'b']],
    [['fetch', CID, '--adopt']],
    [['fetch', CID, '--timeout']],
    ...[
      'fast',
      '0',
      '0MB/s',
      '-1',
      '-5MB/s',
      'NaN',
      'Infinity',
      '1e3',
      '99999999999999999999',
      '0.4',
      ''
    ].map((rate): [string[]] => [['limit', `--up=${rate}`]]),
    [['limit', '--down', '0']],
    [['daemon', 'run', '--up', '0']],
    [['daemon', 'start', '--down', 'fast']],
    [['daemon', 'start', '--encryption', 'rot13']],
    [['daemon', 'start', '--announce', 'some']],
    [['seed', '--announce', 'root', 'x']],
    [['daemon', 'run', '--encryption', 'TLS']],
    [['limit', '--up', '1MB/s', '--up', '2MB/s']],
    [['limit', CID, '--peer', PEER, '--up', '1MB/s']],
    [['limit', CID, '--alt', 'on']],
    [['limit', '--peer', PEER, '--include-lan']],
    [['limit', '--peer', 'bob', '--up', '1MB/s']],
    [['limit', '--alt', 'sometimes']],
    [['limit', '--alt-up', 'fast']],
    [['limit', '--alt-from', '25:00']],
    [['limit', '--alt-from', '9']],
    [['limit', '--alt-to', '12:60']],
    [['limit', '--alt-days', 'someday']],
    [['limit', '--alt-days', 'mon-']],
    [['limit', '--alt-days', 'mon-tue-wed']],
    [['limit', '--alt-days', ',']],
    [['limit', '--alt-from', '-1:00']],
    [['limit', '--alt-to', '24:01']],
    [['limit', '--alt-from', '09:00\u001b[2J']],
    ...['0', '1001', '-1', '1e2', 'twice', '2,5'].map((ratio): [string[]] => [
      ['stop-when', CID, `--ratio=${ratio}`]
    ]),
    ...['0', '500ms', '11000d', 'soon', '-7d'].map((time): [string[]] => [
      ['stop-when', CID, `--time=${time}`]
    ]),
    ...['0', '101', '1.5', 'all'].map((replicas): [string[]] => [
      ['stop-when', CID, `--replicas=${replicas}`]
    ]),
    [['stop-when']],
    [['stop-when', 'nonsense', '--never']],
    [['stop-when', CID, '--never', '--ratio', '2']],
    [['stop-when', CID, '--never', '--default']],
    [['queue', CID]],
    [['queue', '--first']],
    [['queue', 'nonsense', '--first']],
    [['queue', CID, '--first', '--last']],
    [['queue', CID, '--position', '0']],
    [['queue', CID, '--position', '1.5']],
    [['queue', CID, '--position', '-2']],
    [['connect', 'nonsense']],
    [['logs', '--level', 'loud']],
    [['logs', '-n', '0']],
    [['logs', '-n', 'x']],
    [['completion', 'tcsh']],
    [['service']],
    [['open', 'zz']],
    [['authorize', 'nobody', '--role', 'read']],
    [['authorize', `${PEER}x`, '--role', 'read']],
    [['network']],
    [['network', 'create']],
    [['network', 'create', 'public']],
    [['network', 'create', '../x']],
    [['network', 'create', 'a\u001b[2J']],
    [['network', 'add', 'x.key', '--name', 'a b']],
    [['seed']],
    [['daemon']],
    [['daemon', 'dance']]
  ])('%j', async (line) => {
    const { code, stdout, stderr } = await run(line, { env: { P2PSHARE_HOME: '/nonexistent' } })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^p2pshare: [^\n]+\n$/)
    expect(stderr.length).toBeLessThan(500)
  })
})

test('version', async () => {
  expect(await run(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' })
})

describe('options: command line over environment over config.json', () => {
  const parts = { list: async () => ({ shares: [] }) }
  const isJson = (stdout: string): boolean => stdout.startsWith('{')

  test.each([
    [{}, {}, [], false],
    [{ json: true }, {}, [], true],
    [{ json: true }, { P2PSHARE_JSON: 'false' }, [], false],
    [{ json: true }, { P2PSHARE_JSON: '' }, [], true],
    [{}, { P2PSHARE_JSON: '1' }, ['--no-json'], false],
    [{ json: false }, { P2PSHARE_JSON: '0' }, ['--json'], true]
  ])('file %j, environment %j, line %j', async (file, env, line, expected) => {
    const { home, run: runHere } = await testHome(parts)
    await writeFile(join(home, 'config.json'), JSON.stringify(file))
    expect(isJson((await runHere(['list', ...line], { env })).stdout)).toBe(expected)
  })

  test('--home wins over P2PSHARE_HOME', async () => {
    const { home } = await testHome(parts)
    const { code } = await run(['list', '--home', home], { env: { P2PSHARE_HOME: '/nonexistent' } })
    expect(code).toBe(0)
  })

  test('keys of the daemon do not disturb commands', async () => {
    const { home, run: runHere } = await testHome(parts)
    await writeFile(join(home, 'config.json'), '{"listen":["/ip4/127.0.0.1/tcp/0"],"mdns":false}')
    expect((await runHere(['list'])).code).toBe(0)
  })

  test.each([
    ['{"json":"yes"}', 'key "json"'],
    ['{', 'not JSON'],
    ['[]', 'one JSON object']
  ])('damaged config.json: %s', async (text, words) => {
    const { home, run: runHere } = await testHome(parts)
    await writeFile(join(home, 'config.json'), text)
    const { code, stderr } = await runHere(['list'])
    expect(code).toBe(3)
    expect(stderr).toContain(words)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('a flag of the environment that is neither true nor false', async () => {
    const { code, stderr } = await run(['list'], {
      env: { P2PSHARE_JSON: 'perhaps', P2PSHARE_HOME: '/nonexistent' }
    })
    expect(code).toBe(2)
    expect(stderr).toContain('P2PSHARE_JSON')
  })
})

test('a home whose socket path is too long: exit code 3 and what to do', async () => {
  const { code, stderr } = await run(['seed', 'x', '--home', `/${'x'.repeat(120)}`])
  expect(code).toBe(3)
  expect(stderr).toContain('shorter path')
})

describe('a home that is a file', () => {
  const hint = expect.stringMatching(/Check the rights (?:and the disk|of the folder)/) as string

  test.each([
    [['list'], 3, expect.stringContaining('no daemon is running') as string],
    [['seed', 'x'], 3, hint],
    [['daemon', 'start'], 3, hint],
    [['config', 'set', 'up', '1MB/s'], 6, hint],
    [['config', 'edit'], 6, hint],
    [['network', 'create', 'x'], 6, hint],
    [['id', '--client'], 3, hint],
    [['logs'], 1, expect.stringContaining('there is no log') as string]
  ])('%j: one line that says so, and what to do', async (line, expected, words) => {
    const { home } = await testHome()
    const file = join(home, 'file')
    await writeFile(file, '')
    const { code, stderr } = await run(line, { env: { P2PSHARE_HOME: file, EDITOR: 'true' } })
    expect([code, stderr]).toEqual([expected, words])
    expect(stderr.replace('starting the daemon …\n', '')).toMatch(/^p2pshare: [^\n]+\n$/)
    expect(stderr).not.toContain('failed inside')
  })
})

test('no daemon: exit code 3 and how to start one', async () => {
  const { run: runHere } = await testHome()
  const { code, stderr } = await runHere(['list'])
  expect(code).toBe(3)
  expect(stderr).toContain('p2pshare daemon start')
})

test.each([
  [['sed', 'x'], 'there is no command "sed"; did you mean seed? — See p2pshare --help.'],
  [['blubber'], 'there is no command "blubber" — See p2pshare --help.'],
  [['a\u001b[2J\u202e'], 'there is no command "a\\u{1B}[2J\\u{202E}" — See p2pshare --help.'],
  [['config', 'sett', 'x'], 'there is no command "config sett"; did you mean config set?'],
  [
    ['fetch', CID, '--sleect', 'x'],
    'there is no option "--sleect"; did you mean --select? — See p2pshare fetch --help.'
  ],
  [['fetch', CID, '--sleect=x'], 'there is no option "--sleect"; did you mean --select?'],
  [['network', 'add', 'k', '--nmae', 'x'], 'did you mean --name? — See p2pshare network add --help.'],
  [['list', '-q'], 'there is no option "-q" — See p2pshare list --help.'],
  [['config', 'get'], 'config get needs <key> — See p2pshare config get --help.'],
  [['cat', CID, 'a', 'b'], 'too many arguments: b — See p2pshare cat --help.'],
  [['list', 'x'], 'Unknown argument: x']
])('%j: the word that is wrong is named, with the nearest there is', async (argv, words) => {
  const { code, stderr } = await run(argv)
  expect(code).toBe(2)
  expect(stderr).toContain(words)
})

test('alone it says what it is for and where to go on', async () => {
  const { code, stdout } = await run([])
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /seed prints a hash, fetch gets it\..* {2}p2pshare seed <path\.\.> .*p2pshare --help/s
  )
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
})
