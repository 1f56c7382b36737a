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
  /** Names in a share whose hash is written already. */
  | { kind: 'names' }
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
  if ('load' in node) return wishOfCommand(await node.load(), before, current)
  const inner = node.commands.find(({ name }) => name === names[1])
  if (inner !== undefined) return wishOfCommand(await inner.load(), before, current)
  return names.length > 1 ? NOTHING : namesOf(node.commands, withAbout)
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
  const last = before.at(-1) ?? ''
  const asked = Object.entries(options).find(
    ([name, { alias }]) => last === `--${name}` || last === `-${alias}`
  )?.[1]
  if (asked !== undefined && asked.type !== 'boolean') return valuesOf(asked)
  if (current.startsWith('-')) return optionWords(options)
  if (command.positionals.includes('hash')) return { kind: current.includes('/') ? 'names' : 'shares' }
  if (command.positionals.startsWith('<key>')) return keysOf()
  return /path|file|folder/.test(command.positionals) ? { kind: 'files' } : NOTHING
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

function optionWords(options: OptionTable): Wish {
  const words = Object.entries(options).map(([name, { describe }]) => ({
    value: `--${name}`,
    about: describe
  }))
  return { kind: 'words', words: [...words, { value: '--help', about: 'show help' }] }
}
