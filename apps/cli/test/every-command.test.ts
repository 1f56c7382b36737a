import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { resolveHome } from '@p2pshare/control/client'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../src/registry.ts'
import { foreignService, HOSTILE, hostileService, refusingService } from './hostile-service.ts'
import { CID, type Outcome, type RunOptions, testHome } from './run-cli.ts'

const PEER = `12D3KooW${'a'.repeat(44)}`

/** A line for each command, without its name; what the others are is said below. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  seed: ['x'],
  watch: [],
  unwatch: [HOSTILE],
  fetch: [CID, '-o', HOSTILE],
  open: [`p2pshare:${CID}?name=${encodeURIComponent(HOSTILE)}`],
  list: [],
  ls: [CID],
  cat: [CID],
  select: [CID],
  status: [CID],
  why: [CID],
  top: [],
  link: [CID],
  remove: [CID],
  pause: [CID],
  resume: [CID],
  verify: [CID],
  relocate: [CID, HOSTILE],
  queue: [],
  'stop-when': [CID],
  limit: [],
  relay: ['status'],
  peers: [],
  authorize: ['--list'],
  unauthorize: [HOSTILE],
  connect: ['/ip4/127.0.0.1/tcp/1'],
  doctor: [],
  id: [],
  logs: [],
  metrics: [],
  completion: ['bash'],
  'config list': [],
  'config get': ['downloads'],
  'config set': ['downloads', `/x/${HOSTILE}`],
  'config unset': ['downloads'],
  'network create': ['family'],
  'network list': [],
  'daemon start': [],
  'daemon stop': [],
  'daemon status': [],
  'daemon add': ['nas', `/ip4/127.0.0.1/tcp/9/p2p/${PEER}`],
  'daemon list': [],
  'daemon measure': []
}
/** Those that need an editor, another file or the system's services, or are a daemon: tests of their own have them. */
const ELSEWHERE = [
  ...['config edit', 'network add', 'daemon run', 'daemon forget'],
  ...['service install', 'service uninstall', 'service status']
]
/** The stream of moments ends with the daemon, and that is told. */
const CODES: Readonly<Record<string, number>> = { top: 3 }

/** What may not reach a terminal; escape sequences of our own are taken out before. */
const UNSAFE = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?![\n\t])\p{Cc}/u
// oxlint-disable-next-line no-control-regex -- what is looked for is control characters
const OWN = /\u001b\[(?:\?(?:25|1049)[hl]|\d*[AHJKm])|\r/g

const runOf = async (
  words: string,
  options: RunOptions & { daemon?: typeof hostileService },
  ...more: string[]
): Promise<Outcome> => {
  const { home, run } = await testHome(options.daemon ?? hostileService)
  const { logFile, configFile } = resolveHome({ home })
  mkdirSync(dirname(logFile), { recursive: true })
  const entry = { level: 30, time: 0, area: 'share', msg: HOSTILE, path: HOSTILE, err: { message: HOSTILE } }
  writeFileSync(logFile, `${JSON.stringify(entry)}\n${HOSTILE}\n`)
  writeFileSync(configFile, JSON.stringify({ downloads: `/y/${HOSTILE}` }))
  const cwd = join(home, 'cwd')
  mkdirSync(cwd)
  return run([...words.split(' '), ...(LINES[words] ?? []), ...more], { cwd, ...options })
}

test('every command is looked at', () => {
  const all = COMMANDS.flatMap((node) =>
    'load' in node ? [node.name] : node.commands.map(({ name }) => `${node.name} ${name}`)
  )
  expect([...Object.keys(LINES), ...ELSEWHERE].sort()).toEqual(all.sort())
})

describe.each(Object.keys(LINES))('%s', (words) => {
  const code = CODES[words] ?? 0

  test('--json: one object a line on stdout, and nothing else', async () => {
    const outcome = await runOf(words, {}, '--json')
    expect(outcome.code, outcome.stderr).toBe(code)
    // What `cat` reads is content, and this file is empty.
    if (words !== 'cat') for (const line of outcome.lines) expect(line).toBeTypeOf('object')
    else expect(outcome.stdout).toBe('')
    expect(UNSAFE.exec(outcome.stdout + outcome.stderr)).toBe(null)
  })

  test.each([
    ['no terminal', {}],
    ['a terminal', { isTTY: true, screen: { columns: 80, rows: 24 } }],
    ['a terminal of 10 columns', { isTTY: true, columns: 10, screen: { columns: 10, rows: 6 } }]
  ])('on %s: nothing of what others named gets through', async (_name, options) => {
    const outcome = await runOf(words, options)
    expect(outcome.code, outcome.stderr).toBe(code)
    expect(UNSAFE.exec((outcome.stdout + outcome.stderr).replace(OWN, ''))).toBe(null)
  })
  test.each([{}, { isTTY: true, screen: { columns: 80, rows: 24 } }])(
    'nor does it when the daemon is none of ours (%j)',
    async (options) => {
      const { stdout, stderr } = await runOf(words, { ...options, daemon: foreignService })
      expect(UNSAFE.exec((stdout + stderr).replace(OWN, ''))).toBe(null)
    }
  )

  test('nor does it when the daemon refuses', async () => {
    for (const more of [[], ['--json'], ['--verbose']]) {
      const { stdout, stderr } = await runOf(words, { daemon: refusingService }, ...more)
      expect(UNSAFE.exec(stdout + stderr)).toBe(null)
    }
  })
})

test('nor does what a shell completes', async () => {
  for (const line of [
    ['fetch', ''],
    ['ls', `${CID}/`]
  ]) {
    const { run } = await testHome(hostileService)
    const { stdout } = await run(['__complete', '--about', '--', ...line])
    expect(UNSAFE.exec(stdout)).toBe(null)
  }
})

test.each(['daemon list', 'network list', 'authorize --list'])(
  '%s of nothing: stdout stays empty, and stderr says how to begin',
  async (words) => {
    const { run } = await testHome({ authorize: async () => ({ authorised: [] }) })
    const { code, stdout, stderr } = await run(words.split(' '))
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toMatch(/: p2pshare [a-z]+ .*\n$/)
  }
)
