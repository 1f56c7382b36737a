import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlService } from '@p2pshare/control'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../src/registry.ts'
import { testHome } from './run-cli.ts'

const A = `12D3KooW${'a'.repeat(44)}`
const B = `12D3KooW${'b'.repeat(44)}`
const PLACE = `/ip4/127.0.0.1/tcp/9/p2p/${A}`
/** Nothing that a command of these tests dials lies beyond this machine. */
const env = { P2PSHARE_NETWORK: 'local' }

describe('names of daemons', () => {
  test('are given, listed, and taken away', async () => {
    const { run, home } = await testHome()
    const second = `/dns4/nas.example/tcp/4001/p2p/${A}`
    expect((await run(['daemon', 'add', 'nas', PLACE, second, '--json'])).json).toEqual({
      name: 'nas',
      peerId: A,
      addresses: [PLACE, second]
    })
    await run(['daemon', 'add', 'desk', `/ip4/10.0.0.2/tcp/1/p2p/${B}`])
    await run(['daemon', 'add', 'nas', PLACE])
    const listed = (await run(['daemon', 'list', '--json'])).json['daemons']
    expect(listed).toMatchObject([{ name: 'desk' }, { name: 'nas', addresses: [PLACE] }])
    expect(statSync(join(home, 'daemons.json')).mode & 0o777).toBe(0o600)
    expect((await run(['daemon', 'forget', 'desk'])).stdout).toBe('desk forgotten\n')
    expect((await run(['daemon', 'forget', 'desk'])).code).toBe(1)
    expect(JSON.parse(readFileSync(join(home, 'daemons.json'), 'utf8'))).toEqual({ nas: [PLACE] })
  })

  test.each([
    [['nas', '/ip4/1.2.3.4/tcp/1'], 'not the address of a daemon'],
    [['nas', A], 'not the address of a daemon'],
    [['nas', PLACE, `/ip4/1.2.3.4/tcp/1/p2p/${B}`], 'of different daemons'],
    [['\u001b[2J', PLACE], 'cannot name a daemon'],
    [['/x', PLACE], 'cannot name a daemon'],
    [[A, PLACE], 'cannot name a daemon'],
    [['nas', ...Array.from({ length: 17 }, () => PLACE)], 'too many']
  ])('%j is refused', async (words, why) => {
    const { run, home } = await testHome()
    const { code, stderr } = await run(['daemon', 'add', ...words])
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)])
    expect(existsSync(join(home, 'daemons.json'))).toBe(false)
  })

  test.each(['{', '[]7', '{"nas":["/ip4"]}', '{"nas":7}', '{"a b\\n":[]}', 'null'])(
    'a file of %s is named, not guessed at',
    async (text) => {
      const { run, home } = await testHome()
      writeFileSync(join(home, 'daemons.json'), text)
      const { code, stderr } = await run(['status', '--daemon', 'nas'])
      expect([code, stderr]).toEqual([1, expect.stringContaining('daemons.json cannot be read')])
    }
  )
})

describe('--daemon', () => {
  test.each([
    [['nas'], 1, 'no daemon is saved as nas (none is saved yet)'],
    [['/ip4/127.0.0.1/tcp/9'], 2, 'not the address of a daemon'],
    [['/x/p2p/12D3'], 2, 'not the address of a daemon']
  ])('%j ends at once', async (word, expected, why) => {
    const { run, home } = await testHome()
    const { code, stderr } = await run(['list', '--daemon', ...word], { env })
    expect([code, stderr]).toEqual([expected, expect.stringContaining(why)])
    expect(existsSync(join(home, 'client.key'))).toBe(false)
  })

  test('of one that does not answer starts none here, whatever says so', async () => {
    const { run, home } = await testHome()
    await run(['daemon', 'add', 'nas', PLACE])
    const lines = [
      { line: ['seed', 'x', '--daemon', 'nas'], env },
      { line: ['fetch', 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4', '--daemon', A], env },
      {
        line: ['ls', 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'],
        env: { ...env, P2PSHARE_DAEMON: PLACE }
      }
    ]
    for (const { line, env: own } of lines) {
      const { code, stderr } = await run(line, { env: own })
      expect([code, stderr]).toEqual([3, expect.stringMatching(/daemon at \S+ cannot be reached/)])
    }
    writeFileSync(join(home, 'config.json'), JSON.stringify({ daemon: 'nas' }))
    expect((await run(['relay'], { env })).code).toBe(3)
    expect(existsSync(join(home, 'lock'))).toBe(false)
  })

  test('is not for commands about this machine, and the environment does not lead them elsewhere', async () => {
    const { run } = await testHome({ authorize: async () => ({ authorised: [] }) })
    for (const line of [['daemon', 'stop'], ['config', 'list'], ['logs'], ['authorize', '--list']]) {
      const { code, stderr } = await run([...line, '--daemon', PLACE])
      expect([code, stderr]).toEqual([2, expect.stringContaining('daemon')])
    }
    const elsewhere = { ...env, P2PSHARE_DAEMON: PLACE }
    expect((await run(['authorize', '--list'], { env: elsewhere })).code).toBe(0)
  })

  test('offers no hashes of this machine when a line is completed, and dials nobody', async () => {
    const list: ControlService['list'] = async () => ({ shares: [] })
    const { run, home } = await testHome({ list })
    const { stdout } = await run(['__complete', '--', 'status', '--daemon', PLACE, ''], { env })
    expect(stdout).toBe('')
    expect(existsSync(join(home, 'client.key'))).toBe(false)
  })

  test('offers the names that daemons have', async () => {
    const { run } = await testHome()
    await run(['daemon', 'add', 'nas', PLACE])
    await run(['daemon', 'add', 'desk', PLACE])
    const { stdout } = await run(['__complete', '--', 'status', '--daemon', 'n'])
    expect(stdout).toBe(`nas\t${A}\n`)
  })

  test('is taken by every command that is not about this machine alone', async () => {
    const here: string[] = []
    for (const node of COMMANDS)
      for (const entry of 'load' in node ? [node] : node.commands)
        if ((await entry.load()).here === true)
          here.push('load' in node ? node.name : `${node.name} ${entry.name}`)
    const groups = ['config ', 'network ', 'service ']
    expect(here.filter((words) => !groups.some((group) => words.startsWith(group))).sort()).toEqual([
      'authorize',
      'completion',
      'daemon add',
      'daemon forget',
      'daemon list',
      'daemon run',
      'daemon start',
      'daemon stop',
      'logs',
      'unauthorize'
    ])
  })
})

describe('who may call', () => {
  test('is authorised with a role and a name, shown, and shut out', async () => {
    const seen: object[] = []
    const { run } = await testHome({
      authorize: async (request) => {
        seen.push(request)
        return { authorised: [{ peerId: A, role: 'control', name: 'laptop', since: 7 }] }
      },
      unauthorize: async ({ peer }) => ({ peerId: A, name: peer })
    })
    const made = await run(['authorize', A, '--role', 'control', '--name', 'laptop'])
    expect(made.stdout).toBe(`${A}  control  laptop\n`)
    expect(made.stderr).toContain('p2pshare unauthorize ends that')
    expect((await run(['authorize', '--list', '--json'])).json).toEqual({
      authorised: [{ peerId: A, role: 'control', name: 'laptop', since: 7 }]
    })
    expect(seen).toEqual([{ peerId: A, role: 'control', name: 'laptop' }, {}])
    expect((await run(['unauthorize', 'laptop', '--json'])).json).toEqual({
      peerId: A,
      name: 'laptop',
      state: 'unauthorised'
    })
  })

  test.each([
    [['authorize'], 'needs a peer id, or --list'],
    [['authorize', A], 'needs --role'],
    [['authorize', A, '--role', 'root'], '--role is unknown'],
    [['authorize', A, '--list'], 'leave the peer id out'],
    [['authorize', '12D3', '--role', 'read'], 'not the peer id of a command'],
    [['authorize', A, '--role', 'read', '--name', '\u001b[2J'], 'a name has'],
    [['unauthorize'], 'needs <peer-id|name>']
  ])('%j is wrong', async (line, why) => {
    const { run } = await testHome({ authorize: async () => ({ authorised: [] }) })
    const { code, stderr } = await run(line)
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)])
  })

  test('is this machine, by a key of its commands alone', async () => {
    const { run, home } = await testHome()
    const { json } = await run(['id', '--client', '--json'])
    expect(json['peerId']).toMatch(/^12D3KooW/)
    expect((await run(['id', '--client', '--json'])).json).toEqual(json)
    expect(statSync(join(home, 'client.key')).mode & 0o777).toBe(0o600)
    expect(existsSync(join(home, 'identity.key'))).toBe(false)
  })
})
