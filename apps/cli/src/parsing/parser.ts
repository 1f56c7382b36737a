import { printable } from '@p2pshare/base'
import yargs, { type Argv } from 'yargs'
import { type Command, GLOBAL_OPTIONS, type OptionTable, optionsOf } from '../command.ts'
import { usageError } from '../exit-code.ts'
import type { Parsed } from './parsed.ts'
import type { CommandGroup, CommandTree } from '../registry.ts'
import { unknownWord } from './unknown-words.ts'

/** What help and `--version` show: the version, and columns of a line. */
export interface HelpLook {
  readonly version: string
  readonly width: number
}

/**
 * Reads a command line. Nothing runs and nothing is printed here: yargs only says which command
 * was meant. @throws ShareError `cli.usage`
 */
export async function parseCommandLine(
  argv: readonly string[],
  tree: CommandTree,
  look: HelpLook
): Promise<Parsed> {
  let chosen: { command: Command; words: string; argv: Record<string, unknown> } | undefined
  const choose: Choose = (command, words, parsed) => {
    chosen = { command, words, argv: withDashes(parsed) }
  }
  const parser = basics(yargs(), look)
  for (const node of await loaded(tree)) {
    if ('commands' in node) addGroup(parser, node, choose)
    else addCommand(parser, node, choose, '')
  }
  parser.demandCommand(1, 'a command is missing')
  const text = await new Promise<string>((resolve, reject) => {
    void parser.parse(
      argv.map((word) => (word === '-' ? DASH : word)),
      {},
      (error, _argv, output) => {
        if (error) reject(error)
        else resolve(output)
      }
    )
  }).catch(async (error: Error) => {
    const words = printable(error.message.replace(/\s*\n\s*/g, ' '))
    throw (await unknownWord(argv, tree)) ?? usageError(words)
  })
  // yargs shows help whatever word stands before `--help`.
  const [first = '-'] = argv
  if (chosen === undefined && !first.startsWith('-') && tree.every(({ name }) => name !== first))
    throw (await unknownWord(argv, tree)) ?? usageError('there is no such command')
  if (chosen === undefined || text !== '') return { kind: 'text', text }
  return {
    kind: 'command',
    command: chosen.command,
    args: positionals(chosen.command, chosen.words, chosen.argv),
    argv: chosen.argv
  }
}

/** Stands for the word `-`, of which yargs makes an empty positional. */
const DASH = '\u0001-'

/** Puts the word `-` back where it was. */
function withDashes(argv: Record<string, unknown>): Record<string, unknown> {
  const back = (value: unknown): unknown => (value === DASH ? '-' : value)
  return Object.fromEntries(
    Object.entries(argv).map(([name, value]) => [name, Array.isArray(value) ? value.map(back) : back(value)])
  )
}

type Group = Omit<CommandGroup, 'commands'> & { readonly commands: readonly Command[] }

/** Help needs every command's words. */
function loaded(tree: CommandTree): Promise<(Command | Group)[]> {
  return Promise.all(
    tree.map(async (node) => {
      if ('load' in node) return node.load()
      return { ...node, commands: await Promise.all(node.commands.map((command) => command.load())) }
    })
  )
}

function basics(parser: Argv, { version, width }: HelpLook): Argv {
  return (
    parser
      .scriptName('p2pshare')
      .usage('p2pshare <command>\n\nShare files from machine to machine: seed prints a hash, fetch gets it.')
      .locale('en')
      .strict()
      .version(version)
      .help()
      .alias({ help: 'h' })
      .wrap(width)
      .exitProcess(false)
      .showHelpOnFail(false)
      // Words stay words (a hash may look like 1e10), and what follows `--` is never an option.
      .parserConfiguration({ 'populate--': true, 'parse-numbers': false, 'parse-positional-numbers': false })
      .options(yargsOptions(GLOBAL_OPTIONS))
      .epilogue('Options can be set as P2PSHARE_<OPTION> or in config.json; the command line wins over both.')
  )
}

type Choose = (command: Command, words: string, argv: Record<string, unknown>) => void

function addCommand(parser: Argv, command: Command, choose: Choose, prefix: string): void {
  // Positionals are optional for yargs, which counts only those before `--`; the count is checked below.
  const word = positionalName(command)
  const positional = word === undefined ? '' : ` [${word}${command.count.max > 1 ? '..' : ''}]`
  parser.command(
    `${command.name}${positional}`,
    command.summary,
    (inner) => {
      inner.usage(`p2pshare ${prefix}${command.name} ${command.positionals}\n\n${command.summary}`)
      if (word !== undefined) inner.positional(word, { type: 'string', array: command.count.max > 1 })
      for (const [line, meaning] of [command.example, ...(command.moreExamples ?? [])])
        inner.example(line, meaning)
      return inner.options(yargsOptions(optionsOf(command)))
    },
    (argv) => choose(command, `${prefix}${command.name}`, argv as Record<string, unknown>)
  )
}

function addGroup(parser: Argv, group: Group, choose: Choose): void {
  parser.command(group.name, group.summary, (inner) => {
    inner.usage(`p2pshare ${group.name} <command>\n\n${group.summary}`)
    for (const command of group.commands) addCommand(inner, command, choose, `${group.name} `)
    return inner.demandCommand(1, `a command is missing after ${group.name}`)
  })
}

function yargsOptions(table: OptionTable): Record<string, object> {
  return Object.fromEntries(
    Object.entries(table).map(([name, spec]) => [
      name,
      {
        describe: spec.describe,
        ...(spec.alias === undefined ? {} : { alias: spec.alias }),
        ...(spec.type === 'boolean' ? { type: 'boolean' } : { type: 'string', requiresArg: true })
      }
    ])
  )
}

/** `path` of `<path..>`. */
function positionalName(command: Command): string | undefined {
  return /[a-z]+/.exec(command.positionals)?.[0]
}

/** @param words - what the command is called by, such as `config set` */
function positionals(command: Command, words: string, argv: Record<string, unknown>): string[] {
  const own = argv[positionalName(command) ?? '']
  const before = own === undefined ? [] : Array.isArray(own) ? own : [own]
  const after = Array.isArray(argv['--']) ? argv['--'] : []
  const all = [...before, ...after].map(String)
  const { min, max } = command.count
  if (all.length < min)
    throw usageError(`${words} needs ${command.positionals}`, `See p2pshare ${words} --help.`)
  if (all.length > max)
    throw usageError(
      `${words}: too many arguments: ${printable(all.slice(max).join(' '), 80)}`,
      `See p2pshare ${words} --help.`
    )
  if (all.some((word) => word === '')) throw usageError(`${command.name}: an argument is empty`)
  return all
}
