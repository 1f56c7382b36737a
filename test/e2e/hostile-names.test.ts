import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { P2PSHARE } from '../harness/command.ts'
import { test } from '../harness/fixture.ts'
import { isolatedEnvironment } from '../harness/isolation.ts'
import { seedPath } from '../harness/shares.ts'

/** Clears the screen, turns text around, hides: none of it may reach a terminal. */
const HOSTILE = 'a\u001b[2J\u009b31m\u202Egpj.\u2066\u200B\uFEFF\u034F\u{E0041}\r\nexe'
const UNSAFE = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?!\n)\p{Cc}/u

test('names with escape codes, bidi and zero-width characters are shown escaped by every command', async ({
  bed
}) => {
  const seeder = await bed.daemon('seeder')
  const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
  const folder = bed.path('source', HOSTILE)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, HOSTILE), 'content')
  const { cid, link } = await seedPath(seeder, folder)
  const target = bed.folder('target')
  const said: [number, string[], string][] = []
  const say = async (who: typeof seeder, code: number, ...line: string[]): Promise<void> => {
    const { stdout, stderr, code: ended } = await who.begin(line, { cwd: target }).ended
    expect([line, ended]).toEqual([line, code])
    said.push([code, line, stdout + stderr])
  }
  for (const json of [[], ['--json']]) {
    await say(seeder, 0, 'seed', folder, ...json)
    await say(seeder, 1, 'seed', join(folder, 'no such'), ...json)
    await say(fetcher, 0, 'fetch', link, '--force', ...json)
    for (const who of [seeder, fetcher]) {
      await say(who, 0, 'list', '--verbose', ...json)
      await say(who, 0, 'status', cid, ...json)
      await say(who, 0, 'link', cid, ...json)
    }
    await say(fetcher, 0, 'remove', cid, ...json)
    // What was fetched lies there still, named as the share is.
    await say(fetcher, 1, 'fetch', link, ...json)
    await say(fetcher, 0, 'logs', ...json)
  }
  for (const [, line, text] of said)
    expect({ line, unsafe: UNSAFE.exec(text) }).toEqual({ line, unsafe: null })
  expect(said.find(([, line]) => line[0] === 'list')?.[2]).toContain('a\\u{1B}[2J\\u{9B}31m\\u{202E}gpj')
})

const NOBODY_HAS_IT = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

test('a reader who goes away in the middle ends a command, without a word; what was not written is told', async ({
  bed
}) => {
  const daemon = await bed.daemon('daemon')
  writeFileSync(bed.path('file'), 'content')
  const { cid } = await seedPath(daemon, bed.path('file'))
  const into = async (end: string, line: string[]): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(
      'sh',
      ['-c', `{ "$@"; echo "code $?" >&2; } ${end}`, 'sh', process.execPath, P2PSHARE, ...line],
      { env: isolatedEnvironment(daemon.options), timeout: 30_000 }
    )
  const cases: [line: string[], code: number][] = [
    // Who goes away is noticed when something is written: nothing may be, where only changes are.
    [['top', '--json'], 0],
    [['status', '--watch', '--json'], 0],
    // Nothing was fetched, and it goes on in the daemon.
    [['fetch', NOBODY_HAS_IT, '-o', bed.path('x'), '--json', '--progress'], 130]
  ]
  for (const [line, code] of cases) {
    const { stdout, stderr } = await into('| head -n 1', line)
    expect(stdout.split('\n')).toHaveLength(2)
    expect([line, stderr]).toEqual([line, `code ${code}\n`])
  }
  if (process.platform !== 'linux') return
  const { stderr } = await into('> /dev/full', ['cat', cid])
  expect(stderr).toMatch(/was not written: the disk is full.*\ncode 6\n$/)
})
