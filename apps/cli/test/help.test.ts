import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../src/registry.ts'
import { run } from './run-cli.ts'

const GROUPS = COMMANDS.flatMap((node) => ('load' in node ? [] : [node]))
const ALL = COMMANDS.flatMap((node) =>
  'load' in node ? [node.name] : node.commands.map(({ name }) => `${node.name} ${name}`)
)

describe('--help', () => {
  test('names every command once, by what it is for', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    const named = [...stdout.matchAll(/^ {2}([a-z]+(?:-[a-z]+)*)(?: |$)/gm)].map(([, name = '']) => name)
    expect(named.sort()).toEqual(COMMANDS.map(({ name }) => name).sort())
    const titles = [...stdout.matchAll(/^(\S.*):$/gm)].map(([, title]) => title)
    expect(titles.slice(0, 5)).toEqual(['Sharing', 'Getting', 'Looking', 'Steering', 'Running it'])
    for (const { name, commands } of GROUPS)
      for (const inner of commands)
        expect(stdout.replace(/\|\n */g, '|')).toMatch(new RegExp(`^  ${name} .*\\b${inner.name}\\b`, 'm'))
  })

  test.each([10, 50, 60, 80, 100, 200])('fits %i columns, as far as 50 to 100 do', async (columns) => {
    for (const line of [[], ['--help'], ['daemon', '--help'], ['fetch', '--help']]) {
      const { stdout } = await run(line, { screen: { columns, rows: 24 } })
      const most = line.length <= 1 ? Math.max(50, Math.min(100, columns)) : 100
      for (const text of stdout.split('\n')) expect(text.length, text).toBeLessThanOrEqual(most)
    }
  })

  test('what comes first is known in words that people type, too', async () => {
    const { stdout } = await run(['--help'])
    for (const line of [['help'], ['-h'], ['--json', '--help'], ['--home', '/nowhere', '--help']])
      expect(await run(line)).toMatchObject({ code: 0, stdout, stderr: '' })
    const { stdout: ofFetch } = await run(['fetch', '--help'])
    expect(await run(['help', 'fetch'])).toMatchObject({ code: 0, stdout: ofFetch })
    expect((await run(['help', 'daemon', 'run'])).stdout).toMatch(/^p2pshare daemon run\n/)
  })

  test.each([[['fecth', '--help']], [['help', 'fecth']]])(
    '%j: the word that is wrong is named',
    async (line) => {
      const { code, stdout, stderr } = await run(line)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('there is no command "fecth"; did you mean fetch?')
    }
  )

  test.each(ALL)('%s: what it is for, and an example of its own', async (words) => {
    const { code, stdout } = await run([...words.split(' '), '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^p2pshare ${words}\\b[^\\n]*\\n\\n\\S`))
    const examples = /Examples:\n([^]*?)(?:\n\n|$)/.exec(stdout)?.[1] ?? ''
    expect(examples).toMatch(new RegExp(`p2pshare ${words}\\b`))
  })
})
