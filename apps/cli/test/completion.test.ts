import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CONFIG_KEYS } from '@p2pshare/control/config'
import { describe, expect, test } from 'vitest'
import { COMPLETION_SCRIPTS } from '../src/completion/scripts.ts'
import { COMMANDS } from '../src/registry.ts'
import { wishOf } from '../src/completion/wish.ts'
import { CID, detail, run, summary, testHome } from './run-cli.ts'

const BIN = fileURLToPath(new URL('../bin/p2pshare.js', import.meta.url))

/** The values offered after `line`, whose last word is the one at the cursor. */
async function offered(line: string): Promise<string[] | string> {
  const words = line.split(' ')
  const wish = await wishOf(COMMANDS, {
    before: words.slice(0, -1),
    current: words.at(-1) ?? '',
    withAbout: false
  })
  return wish.kind === 'words' ? wish.words.map(({ value }) => value) : wish.kind
}

describe('what may come next', () => {
  test.each([
    ['', COMMANDS.map(({ name }) => name)],
    ['daemon ', ['run', 'start', 'stop', 'status', 'add', 'list', 'forget', 'measure']],
    ['seed ', 'files'],
    ['config set ', Object.keys(CONFIG_KEYS)],
    ['fetch ', 'shares'],
    [`fetch ${CID}/pho`, 'names'],
    ['fetch -o ', 'files'],
    ['relocate bafk ', 'files'],
    ['relocate ', 'shares'],
    ['daemon run --encryption ', ['noise', 'tls']],
    [`fetch ${CID} `, []],
    [`pause ${CID}/pho`, 'shares'],
    [`cat ${CID} `, 'names'],
    [`cat --range 0-5 ${CID} pho`, 'names'],
    [`cat ${CID}/photos `, []],
    [`select ${CID} *.jpg `, 'names'],
    ['config set network ', ['public', 'local']],
    ['config set mdns ', ['true', 'false']],
    ['config set uploadSlots ', ['auto']],
    ['config set up ', ['none']],
    ['config set log ', ['debug', 'info', 'warn', 'error', 'off']],
    ['config set bind ', []],
    ['config set downloads ', 'files'],
    ['config set daemon ', 'daemons'],
    ['config set onComplete ', []],
    ['config set nonsense ', []],
    ['config get up ', []],
    ['list --daemon ', 'daemons'],
    ['daemon forget ', 'daemons'],
    ['daemon add ', []],
    ['limit --up ', []],
    ['nonsense ', []],
    ['daemon nonsense ', []]
  ])('%j', async (line, expected) => {
    expect(await offered(line)).toEqual(expected)
  })

  test('options with their meanings', async () => {
    const wish = await wishOf(COMMANDS, { before: ['status'], current: '--', withAbout: true })
    expect(wish).toMatchObject({
      kind: 'words',
      words: expect.arrayContaining([{ value: '--json', about: expect.stringContaining('JSON') }])
    })
  })
})

test('hashes of the daemon, with escaped names; nothing, and no error, without a daemon', async () => {
  const hostile = '\u001b[2Jx\ty\nz'
  const shares = [summary(), summary({ cid: `${CID.slice(0, -1)}5`, name: hostile })]
  const { run: withDaemon } = await testHome({ list: async () => ({ shares }) })
  const { stdout } = await withDaemon(['__complete', '--about', '--', 'status', CID.slice(0, 5)])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line) => line.split('\t')[0])).toEqual(shares.map(({ cid }) => cid))
  expect(lines.every((line) => line.split('\t').length === 2)).toBe(true)
  expect(stdout).not.toContain('\u001b')
  const alone = await run(['__complete', '--', 'status', ''], { env: { P2PSHARE_HOME: '/nonexistent' } })
  expect(alone).toMatchObject({ code: 0, stdout: '', stderr: '' })
})

test('names in a share that is here, one level at a time; none that would harm the line, or of other shares', async () => {
  const asked: unknown[] = []
  const file = (path: string, number: number) => ({ kind: 'file' as const, number, path, size: 2048 })
  const { run: withDaemon } = await testHome({
    shareStatus: async ({ ref }) => {
      if (ref !== CID) throw new Error('no such share')
      return detail()
    },
    async *entries(request) {
      asked.push(request)
      const below = request.path === undefined
      const entries = below
        ? [
            { kind: 'folder' as const, path: 'photos', size: 4096 },
            file('photos/a.jpg', 1),
            file('phone.txt', 2)
          ]
        : [
            file('photos/a.jpg', 1),
            file('photos/$(reboot)', 3),
            file('photos/a\u202eb', 4),
            file('photos/d/x', 5)
          ]
      yield { event: 'entries', entries }
      yield { event: 'done', cid: CID, name: 'x', files: 3, folders: 1, size: 1 }
    }
  })
  const names = async (word: string) => (await withDaemon(['__complete', '--', 'fetch', word])).stdout
  expect(await names(`${CID}/pho`)).toBe(`${CID}/photos/\t4.0 KiB\n${CID}/phone.txt\t2.0 KiB\n`)
  expect(await names(`${CID}/photos/`)).toBe(`${CID}/photos/a.jpg\t2.0 KiB\n`)
  expect(await names(`${CID.slice(0, -1)}5/pho`)).toBe('')
  const { stdout } = await withDaemon(['__complete', '--', 'cat', CID, 'pho'])
  expect(stdout).toBe('photos/\t4.0 KiB\nphone.txt\t2.0 KiB\n')
  expect(asked).toEqual([{ ref: CID }, { ref: CID, path: 'photos' }, { ref: CID }])
})

/** A folder with a `p2pshare` that is ours, to stand on the PATH. */
function programFolder(home: string): string {
  const folder = join(home, 'bin')
  mkdirSync(folder)
  writeFileSync(join(folder, 'p2pshare'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, {
    mode: 0o755
  })
  return folder
}

const SHELLS: [keyof typeof COMPLETION_SCRIPTS, string, string][] = [
  [
    'bash',
    'bash --norc -c',
    'source <(p2pshare completion bash); COMP_WORDS=(p2pshare st); COMP_CWORD=1; _p2pshare; echo "${COMPREPLY[@]}"'
  ],
  [
    'zsh',
    'zsh -f -c',
    'autoload -U compinit; compinit -u -D; source <(p2pshare completion zsh); compadd() { print -r -- ${@[5,-1]} }; words=(p2pshare st); CURRENT=2; _p2pshare'
  ],
  ['fish', 'fish --no-config -c', 'p2pshare completion fish | source; complete -C "p2pshare st"']
]

describe.each(SHELLS)('in %s', (name, command, script) => {
  const [program = '', ...flags] = command.split(' ')
  const isThere = spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
  test.runIf(isThere)('the script completes a command', async () => {
    const { home } = await testHome()
    const env = {
      HOME: home,
      P2PSHARE_HOME: home,
      PATH: `${programFolder(home)}:${process.env['PATH'] ?? ''}`
    }
    expect(execFileSync(program, [...flags, script], { env, encoding: 'utf8' })).toMatch(/^status\b/)
    expect(COMPLETION_SCRIPTS[name]).toContain('__complete')
  })
})
