import { type Command, GLOBAL_OPTIONS } from './command.ts'
import type { CommandTree } from './parser.ts'
import { checkedRef } from './share-ref.ts'

/**
 * Ends a command line with a malformed hash before yargs is loaded, which takes longer than all
 * the rest. It only ever refuses what the command would refuse, too; in doubt it says nothing.
 *
 * @throws ShareError `content.malformed-link`
 */
export async function refuseMalformedHash(argv: readonly string[], tree: CommandTree): Promise<void> {
  const node = tree.find(({ name }) => name === argv[0])
  if (node === undefined || 'commands' in node || !/hash/.test(node.positionals)) return
  const hash = firstWord(argv.slice(1), node)
  if (hash !== undefined) await checkedRef(hash)
}

/** The only positional; undefined when there are more or fewer, or an option is not clear at a glance. */
function firstWord(argv: readonly string[], command: Command): string | undefined {
  const options = Object.entries({ ...GLOBAL_OPTIONS, ...command.options })
  const flags = options.flatMap(([name, { type }]) => (type === 'boolean' ? [`--${name}`] : []))
  const takers = options.flatMap(([name, { type, alias }]) =>
    type === 'boolean' ? [] : [`--${name}`, `-${alias ?? name}`]
  )
  const words: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (takers.includes(word)) i++
    else if (!word.startsWith('-')) words.push(word)
    else if (!flags.includes(word)) return undefined
  }
  return words.length === 1 && words[0] !== '' ? words[0] : undefined
}
