import { type Command, type OptionSpec, optionsOf } from '../command.ts'
import type { Parsed } from './parsed.ts'
import type { CommandTree } from '../registry.ts'

/**
 * Reads a command line that is plain: the command's name first, then its options by their long names or its own
 * letters, and the right number of other words. Everything else, from `--help` to a slip of the pen, is for yargs,
 * which takes twice as long to load as a command takes to run; a test compares the two.
 *
 * @returns undefined when the line is not plain
 */
export async function parsePlainLine(
  argv: readonly string[],
  tree: CommandTree
): Promise<Extract<Parsed, { kind: 'command' }> | undefined> {
  const node = tree.find(({ name }) => name === argv[0])
  if (node === undefined) return undefined
  if ('load' in node) return readRest(argv.slice(1), await node.load())
  const inner = node.commands.find(({ name }) => name === argv[1])
  return inner === undefined ? undefined : readRest(argv.slice(2), await inner.load())
}

/** The words after the command's name. */
function readRest(
  words: readonly string[],
  command: Command
): Extract<Parsed, { kind: 'command' }> | undefined {
  const options = new Map(Object.entries(optionsOf(command)))
  const argv: Record<string, string | boolean> = {}
  const args: string[] = []
  const left = [...words]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (!word.startsWith('-')) args.push(word)
    else if (!takeOption(word, left, options, argv)) return undefined
  }
  const { min, max } = command.count
  const isPlain = args.length >= min && args.length <= max && !args.includes('')
  return isPlain ? { kind: 'command', command, args, argv } : undefined
}

/** Takes an option, and its value from what is left; false when it is not plain. */
function takeOption(
  word: string,
  left: string[],
  options: ReadonlyMap<string, OptionSpec>,
  argv: Record<string, string | boolean>
): boolean {
  const [name, spec] = optionOf(word, options) ?? []
  // One that is given twice has rules of its own.
  if (name === undefined || spec === undefined || Object.hasOwn(argv, name)) return false
  const value = spec.type === 'boolean' ? switchedOn(left[0]) : left.shift()
  if (value === undefined || value === '' || (value !== true && value.startsWith('-'))) return false
  argv[name] = value
  return true
}

/** yargs takes a word such as `true` after a switch for its value. */
function switchedOn(next = ''): true | undefined {
  return /^(true|false)$/i.test(next) ? undefined : true
}

function optionOf(
  word: string,
  options: ReadonlyMap<string, OptionSpec>
): readonly [string, OptionSpec] | undefined {
  if (word.startsWith('--')) {
    const spec = options.get(word.slice(2))
    return spec === undefined ? undefined : [word.slice(2), spec]
  }
  return [...options].find(([, { alias }]) => alias !== undefined && word === `-${alias}`)
}
