import { type Command, type OptionSpec, type OptionTable, optionsOf } from '../command.ts'
import type { CommandEntry, CommandGroup, CommandTree } from '../registry.ts'

/** A word that may come next, and what it means. */
export interface Candidate {
  value: string
  about: string
}

/** What may stand where the cursor is. */
export type Wish =
  | { kind: 'words'; words: readonly Candidate[] }
  /** The names of files: shells know best. */
  | { kind: 'files' }
  /** Hashes of shares that the daemon has. */
  | { kind: 'shares' }
  /** Names in a share: behind its hash and a slash in the same word, or in a word of their own behind `ref`. */
  | { kind: 'names'; ref?: string }
  /** Names of daemons of other machines. */
  | { kind: 'daemons' }

/**
 * What may come next on a command line.
 * @param before - the words before the one at the cursor, without the program's name
 * @param current - what of the word at the cursor is written already
 * @param withAbout - whether the meanings of commands are wanted: they take loading every one of them
 */
export async function wishOf(
  tree: CommandTree,
  { before, current, withAbout }: { before: readonly string[]; current: string; withAbout: boolean }
): Promise<Wish> {
  const names = before.filter((word) => !word.startsWith('-'))
  const node = tree.find(({ name }) => name === names[0])
  if (node === undefined) return names.length > 0 ? NOTHING : namesOf(tree, withAbout)
  if ('load' in node) return wishOfCommand(await node.load(), without(before, [node.name]), current)
  const inner = node.commands.find(({ name }) => name === names[1])
  if (inner !== undefined)
    return wishOfCommand(await inner.load(), without(before, [node.name, inner.name]), current)
  return names.length > 1 ? NOTHING : namesOf(node.commands, withAbout)
}

/** What stands beside the words of the command itself. */
function without(words: readonly string[], names: readonly string[]): string[] {
  const left = [...names]
  return words.filter((word) => (word === left[0] ? left.shift() === undefined : true))
}

const NOTHING: Wish = { kind: 'words', words: [] }

async function namesOf(nodes: CommandTree, withAbout: boolean): Promise<Wish> {
  const about = async (node: CommandEntry | CommandGroup): Promise<string> =>
    'load' in node ? (await node.load()).summary : node.summary
  const words = await Promise.all(
    nodes.map(async (node) => ({ value: node.name, about: withAbout ? await about(node) : '' }))
  )
  return { kind: 'words', words }
}

function wishOfCommand(command: Command, before: readonly string[], current: string): Wish | Promise<Wish> {
  const options = optionsOf(command)
  const asked = optionAt(options, before.at(-1) ?? '')
  if (asked !== undefined && asked.type !== 'boolean') return valuesOf(asked)
  if (current.startsWith('-')) return optionWords(options)
  const given = argumentsOf(options, before)
  if (given.length >= command.count.max) return NOTHING
  return command.positionals.includes('hash')
    ? inShares(command.positionals, given, current)
    : otherArgument(command, given)
}

/** A hash, a name in the share that it names, or one in the share whose hash is an argument of its own. */
function inShares(positionals: string, [ref]: readonly string[], current: string): Wish {
  const takesPath = positionals.includes('/path')
  if (ref === undefined) return { kind: current.includes('/') && takesPath ? 'names' : 'shares' }
  if (positionals.endsWith(' <path>')) return { kind: 'files' }
  return takesPath && !ref.includes('/') ? { kind: 'names', ref } : NOTHING
}

function otherArgument({ positionals, offers }: Command, given: readonly string[]): Wish | Promise<Wish> {
  if (positionals.startsWith('<key>')) return given[0] === undefined ? keysOf() : valuesOfKey(given[0])
  if (offers !== undefined) return { kind: offers }
  return /path|file|folder/.test(positionals) ? { kind: 'files' } : NOTHING
}

function optionAt(options: OptionTable, word: string): OptionSpec | undefined {
  return Object.entries(options).find(
    ([name, { alias }]) => word === `--${name}` || word === `-${alias}`
  )?.[1]
}

/** The words that are neither options nor their values. */
function argumentsOf(options: OptionTable, words: readonly string[]): string[] {
  return words.filter((word, i) => {
    const option = optionAt(options, words[i - 1] ?? '')
    return !word.startsWith('-') && (option === undefined || option.type === 'boolean')
  })
}

function valuesOf({ values = [] }: OptionSpec): Wish {
  if (values === 'files' || values === 'daemons') return { kind: values }
  return { kind: 'words', words: values.map((value) => ({ value, about: '' })) }
}

/** Loads what no other command line needs. */
async function keysOf(): Promise<Wish> {
  const { CONFIG_KEYS } = await import('@p2pshare/control/config')
  const words = Object.entries(CONFIG_KEYS).map(([value, { about }]) => ({ value, about }))
  return { kind: 'words', words }
}

async function valuesOfKey(name: string): Promise<Wish> {
  const { CONFIG_KEYS } = await import('@p2pshare/control/config')
  const key = CONFIG_KEYS[name]
  if (key === undefined) return NOTHING
  if (name === 'daemon') return { kind: 'daemons' }
  const { wordsOfKey } = await import('./key-words.ts')
  return valuesOf({ type: 'string', describe: '', values: wordsOfKey(key) })
}

function optionWords(options: OptionTable): Wish {
  const words = Object.entries(options).map(([name, { describe }]) => ({
    value: `--${name}`,
    about: describe
  }))
  return { kind: 'words', words: [...words, { value: '--help', about: 'show help' }] }
}
