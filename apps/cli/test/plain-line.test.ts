import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { type Command, optionsOf } from '../src/command.ts'
import { parseCommandLine } from '../src/parsing/parser.ts'
import { parsePlainLine } from '../src/parsing/plain-line.ts'
import { COMMANDS } from '../src/registry.ts'

const entries = COMMANDS.flatMap((node) =>
  'load' in node
    ? [{ line: [node.name], entry: node }]
    : node.commands.map((entry) => ({ line: [node.name, entry.name], entry }))
)
const commands = await Promise.all(
  entries.map(async ({ line, entry }) => ({ line, command: await entry.load() }))
)

/** Words of all kinds: options of this command and of others, values, names of commands, slips. */
const otherWords = commands.flatMap(({ command }) => optionWords(command))
const words = (command: Command): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...optionWords(command)),
    fc.constantFrom(
      'bafk…',
      '1e10',
      '0x1f',
      '5',
      'true',
      'a b',
      '"quoted"',
      "'x'",
      'a=b',
      '/tmp/x',
      'a,b',
      '10.0'
    ),
    fc.constantFrom(
      'seed',
      'daemon',
      'status',
      '',
      '-',
      '--',
      '--help',
      '-h',
      '--version',
      '-x',
      '--json=true',
      '-5'
    ),
    fc.constantFrom(...otherWords),
    fc.string({ maxLength: 4 })
  )

function optionWords(command: Command): string[] {
  return Object.entries(optionsOf(command)).flatMap(([name, { alias }]) => [
    `--${name}`,
    `--${name}=x`,
    `--no-${name}`,
    ...(alias === undefined ? [] : [`-${alias}`, `-${alias}x`])
  ])
}

/** What the options of the command come to, under their long names. */
function chosen(command: Command, argv: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(optionsOf(command))
  return Object.fromEntries(names.flatMap((name) => (argv[name] === undefined ? [] : [[name, argv[name]]])))
}

describe('a plain line means what yargs makes of it', () => {
  for (const { line, command } of commands) {
    property.prop([fc.array(words(command), { maxLength: 5 })], { numRuns: 150 })(
      `${line.join(' ')} …`,
      async (rest) => {
        const plain = await parsePlainLine([...line, ...rest], COMMANDS)
        if (plain === undefined) return
        const parsed = await parseCommandLine([...line, ...rest], COMMANDS, { version: '0.0.0', width: 100 })
        expect(parsed).toMatchObject({ kind: 'command', command, args: plain.args })
        if (parsed.kind !== 'command') return
        expect(chosen(command, plain.argv)).toEqual(chosen(command, parsed.argv))
      }
    )
  }
})

test.each([
  [['status'], true],
  [['status', 'bafk…', '--json'], true],
  [['fetch', 'bafk…', '-o', 'x', '--timeout', '5s', '--home', '/tmp/x'], true],
  [['seed', 'a', 'b', 'c', '--json'], true],
  [['daemon', 'run', '--listen', '/ip4/127.0.0.1/tcp/0', '--json'], true],
  [['fetch'], false],
  [['status', 'a', 'b'], false],
  [['daemon'], false],
  [['list', '--help'], false],
  [['list', '--josn'], false],
  [['list', '--home'], false],
  [['status', '--json', 'true'], false],
  [['list', '--home', '/a', '--home', '/b'], false],
  [['--json', 'list'], false],
  [[], false]
])('%j is plain: %s', async (line, expected) => {
  expect((await parsePlainLine(line, COMMANDS)) !== undefined).toBe(expected)
})
