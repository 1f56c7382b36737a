import type { CommandTree } from '../registry.ts'

/** What people come for, in the order they need it. */
const FIRST_STEPS = ['seed', 'fetch', 'list', 'status', 'why', 'link', 'pause', 'remove', 'doctor']

/** What `p2pshare` alone says: few words, and where the others are. */
export async function overview(tree: CommandTree): Promise<string> {
  const lines: string[] = []
  for (const name of FIRST_STEPS) {
    const node = tree.find((one) => one.name === name)
    if (node === undefined || !('load' in node)) continue
    const { positionals, summary } = await node.load()
    lines.push(`  ${`p2pshare ${name} ${positionals}`.padEnd(24)}  ${summary}`)
  }
  return [
    'Share files from machine to machine: seed prints a hash, fetch gets it.',
    '',
    ...lines,
    '',
    'All commands: p2pshare --help. One of them: p2pshare fetch --help.'
  ].join('\n')
}
