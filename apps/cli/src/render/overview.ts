import type { CommandTree } from '../registry.ts'
import { linesOf } from './all-commands.ts'
import { wrapWords } from './wrap-words.ts'

/** What people come for, in the order they need it. */
const FIRST_STEPS = ['seed', 'fetch', 'list', 'status', 'why', 'link', 'pause', 'remove', 'doctor']

/** What `p2pshare` alone says: few words, and where the others are; on lines of so many columns. */
export async function overview(tree: CommandTree, width: number): Promise<string> {
  const lines: string[] = []
  for (const name of FIRST_STEPS) {
    const node = tree.find((one) => one.name === name)
    if (node === undefined || !('load' in node)) continue
    lines.push(...linesOf(await node.load(), width, '  p2pshare '))
  }
  return [
    ...wrapWords('Share files from machine to machine: seed prints a hash, fetch gets it.', width, 9),
    '',
    ...lines,
    '',
    ...wrapWords('All commands: p2pshare --help. One of them: p2pshare fetch --help.', width, 9)
  ].join('\n')
}
