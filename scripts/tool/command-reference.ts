import { type Command, GLOBAL_OPTIONS, type OptionTable, REMOTE_OPTIONS } from '../../apps/cli/src/command.ts'
import { COMMANDS } from '../../apps/cli/src/registry.ts'

/** A command with the words that name it, such as `daemon run`. */
interface NamedCommand {
  words: string
  command: Command
}

/** What is written of the commands, by path in the repository. */
export async function commandReference(): Promise<Readonly<Record<string, string>>> {
  const all = await everyCommand()
  return { 'docs/commands.md': markdown(all), 'apps/cli/man/p2pshare.1': manPage(all) }
}

async function everyCommand(): Promise<NamedCommand[]> {
  const nested = await Promise.all(
    COMMANDS.map(async (node): Promise<NamedCommand[]> => {
      if ('load' in node) return [{ words: node.name, command: await node.load() }]
      return Promise.all(
        node.commands.map(async (inner) => ({
          words: `${node.name} ${inner.name}`,
          command: await inner.load()
        }))
      )
    })
  )
  return nested.flat()
}

const lineOf = ({ words, command }: NamedCommand): string =>
  ['p2pshare', words, command.positionals].filter((part) => part !== '').join(' ')

/** Options of a command as rows: how they are written, and what they mean. */
function optionRows(options: OptionTable): [string, string][] {
  return Object.entries(options).map(([name, { alias, type, describe, values }]) => {
    const value = type === 'boolean' ? '' : ` <${wordOf(values)}>`
    return [`${alias === undefined ? '' : `-${alias}, `}--${name}${value}`, describe]
  })
}

function wordOf(values: OptionTable[string]['values']): string {
  if (values === 'files') return 'path'
  return values === 'daemons' ? 'daemon' : (values?.join('|') ?? 'value')
}

const examplesOf = (command: Command): readonly (readonly [string, string])[] => [
  command.example,
  ...(command.moreExamples ?? [])
]

function markdown(all: readonly NamedCommand[]): string {
  const parts = all.map((named) => {
    const rows = optionRows(named.command.options)
    const table = rows.length === 0 ? [] : ['', '| option | |', '|---|---|', ...rows.map(markdownRow)]
    const examples = examplesOf(named.command).map(([line, meaning]) => `${line}    # ${meaning}`)
    return [
      `## ${named.words}`,
      '',
      `\`${lineOf(named)}\``,
      '',
      `${named.command.summary}.`,
      ...table,
      '',
      '```sh',
      ...examples,
      '```',
      ''
    ].join('\n')
  })
  return [
    '# Commands',
    '',
    'Made by `npm run document` from the commands themselves; a test holds it equal to them.',
    '',
    'Every command takes these options. Options can be set as `P2PSHARE_<OPTION>` in the environment, some in',
    '`config.json` in the home ([configuration.md](configuration.md)); the command line wins over both.',
    '',
    '| option | |',
    '|---|---|',
    ...optionRows(GLOBAL_OPTIONS).map(markdownRow),
    '',
    'Those that talk to a daemon also take these ([remote.md](remote.md)).',
    '',
    '| option | |',
    '|---|---|',
    ...optionRows(REMOTE_OPTIONS).map(markdownRow),
    '',
    parts.join('\n')
  ].join('\n')
}

const markdownRow = ([option, meaning]: [string, string]): string =>
  `| \`${option.replaceAll('|', '\\|')}\` | ${meaning.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`

/** man(7), section 1. */
function manPage(all: readonly NamedCommand[]): string {
  const commands = all.map((named) => {
    const options = optionRows(named.command.options).map(
      ([option, meaning]) => `.IP "${roff(option)}" 4\n${roff(meaning)}`
    )
    const examples = examplesOf(named.command).map(
      ([line, meaning]) => `.IP "${roff(line)}" 4\n${roff(meaning)}`
    )
    return [
      `.SS ${roff(lineOf(named))}`,
      `${roff(named.command.summary)}.`,
      ...options,
      '.PP',
      'Examples:',
      ...examples
    ].join('\n')
  })
  return [
    '.TH P2PSHARE 1 "" "p2pshare" "User Commands"',
    '.SH NAME',
    'p2pshare \\- share files from machine to machine: seed prints a hash, fetch gets it',
    '.SH SYNOPSIS',
    '.B p2pshare',
    '<command> [options]',
    '.SH OPTIONS OF EVERY COMMAND',
    ...optionRows(GLOBAL_OPTIONS).map(([option, meaning]) => `.IP "${roff(option)}" 4\n${roff(meaning)}`),
    '.SH OPTIONS OF COMMANDS THAT TALK TO A DAEMON',
    ...optionRows(REMOTE_OPTIONS).map(([option, meaning]) => `.IP "${roff(option)}" 4\n${roff(meaning)}`),
    '.SH COMMANDS',
    ...commands,
    '.SH EXIT STATUS',
    '0 done, 1 failed, 2 wrong usage, 3 no daemon, 4 nobody has it or no progress, 5 refused content, 6 disk,',
    '69 wrong Node, 130 interrupted.',
    ''
  ].join('\n')
}

/** Text within a roff document: backslashes and quotes are signs there, as are dots that begin a line. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('"', '\\(dq')
    .replaceAll('-', '\\-')
    .replace(/^[.']/, '\\&$&')
}
