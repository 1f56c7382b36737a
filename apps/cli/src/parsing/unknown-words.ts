import { nearestName, printable, type ShareError } from '@p2pshare/base'
import { type Command, GLOBAL_OPTIONS } from '../command.ts'
import { usageError } from '../exit-code.ts'
import type { CommandTree } from '../registry.ts'

/** The longest word of the user's that an error repeats, in characters. */
const LONGEST = 60

/**
 * What is wrong with a command line that names a command or an option there is not, with the nearest there is.
 * Undefined when all its words are known.
 */
export async function unknownWord(
  argv: readonly string[],
  tree: CommandTree
): Promise<ShareError | undefined> {
  const words = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length)
  const [first, second] = words.filter((word) => !word.startsWith('-'))
  if (first === undefined) return unknownOption(words, [], '')
  const node = tree.find(({ name }) => name === first)
  if (node === undefined) return unknown(`command ${quoted(first)}`, nearestName(first, names(tree)), '')
  if ('load' in node) return unknownOption(words, Object.entries((await node.load()).options), node.name)
  if (second === undefined) return undefined
  const inner = node.commands.find(({ name }) => name === second)
  if (inner === undefined) {
    const near = nearestName(second, names(node.commands))
    return unknown(`command ${quoted(`${node.name} ${second}`)}`, near && `${node.name} ${near}`, node.name)
  }
  const { options } = await inner.load()
  return unknownOption(words, Object.entries(options), `${node.name} ${inner.name}`)
}

const names = (nodes: readonly { readonly name: string }[]): string[] => nodes.map(({ name }) => name)

function unknownOption(
  words: readonly string[],
  own: readonly [string, Command['options'][string]][],
  command: string
): ShareError | undefined {
  const options = [...own, ...Object.entries(GLOBAL_OPTIONS)]
  const known = new Set(['help', 'version', ...options.map(([name]) => name)])
  const letters = new Set(['h', ...options.map(([, { alias }]) => alias)])
  for (const word of words) {
    const [, dashes, name] = /^(--?)([^=]+)/.exec(word) ?? []
    if (dashes === undefined || name === undefined || /^\d/.test(name)) continue
    const isKnown = dashes === '--' ? known.has(name.replace(/^no-/, '')) : letters.has(name[0])
    if (isKnown) continue
    const near = nearestName(name, [...known])
    return unknown(`option ${quoted(dashes + name)}`, near && `--${near}`, command)
  }
  return undefined
}

function unknown(what: string, near: string | undefined, command: string): ShareError {
  return usageError(
    `there is no ${what}${near === undefined ? '' : `; did you mean ${near}?`}`,
    `See p2pshare ${command === '' ? '' : `${command} `}--help.`
  )
}

const quoted = (word: string): string => `"${printable(word, LONGEST)}"`
