import type { Command } from '../command.ts'
import type { CommandGroup, CommandTree } from '../registry.ts'
import { wrapWords } from './wrap-words.ts'

/** What commands are for, in the order that people come to them. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  Sharing: ['seed', 'link', 'watch', 'unwatch'],
  Getting: ['fetch', 'open', 'ls', 'select', 'cat'],
  Looking: ['list', 'status', 'top', 'why', 'peers', 'doctor', 'id', 'logs', 'metrics'],
  Steering: [
    'pause',
    'resume',
    'remove',
    'verify',
    'relocate',
    'queue',
    'stop-when',
    'limit',
    'relay',
    'connect'
  ],
  'Running it': ['daemon', 'service', 'config', 'network', 'authorize', 'unauthorize', 'completion']
}
/** Where a command stands that no section names. */
const OTHERS = 'Others'

/** Columns of the lines: never more than this, however wide the terminal is. */
const WIDEST = 100
/** Fewer are taken for so many: a line needs some room beside the command. */
const NARROWEST = 50
/** Between a command and its summary. */
const GAP = '  '
/** Columns that a command may take before its summary goes below it. */
const BESIDE = 26

/** Columns that help takes. @param columns - of the terminal; undefined where there is none */
export const helpWidth = (columns = WIDEST): number => Math.max(NARROWEST, Math.min(WIDEST, columns))

/** What `p2pshare --help` says: every command by what it is for, on lines of so many columns. */
export async function allCommands(tree: CommandTree, width: number): Promise<string> {
  const parts: string[] = []
  for (const [title, names] of sectionsOf(tree)) {
    const lines: string[] = []
    for (const name of names) {
      const node = tree.find((one) => one.name === name)
      if (node !== undefined) lines.push(...linesOf('load' in node ? await node.load() : node, width))
    }
    parts.push([`${title}:`, ...lines, ''].join('\n'))
  }
  return ['p2pshare <command>', '', ...opening(width), '', ...parts, ...ending(width)].join('\n')
}

/** Sections with the commands that there are. */
function sectionsOf(tree: CommandTree): [title: string, names: readonly string[]][] {
  const named = Object.values(SECTIONS).flat()
  const others = tree.map(({ name }) => name).filter((name) => !named.includes(name))
  return [
    ...Object.entries(SECTIONS),
    ...(others.length === 0 ? [] : [[OTHERS, others] as [string, string[]]])
  ]
}

/** A command, or a word that commands stand under, with its summary beside it. @param start - what its line begins with */
export function linesOf(one: Command | CommandGroup, width: number, start = '  '): string[] {
  const words = 'commands' in one ? one.commands.map(({ name }) => name).join('|') : one.positionals
  const head = `${start}${one.name}${words === '' ? '' : ` ${words}`}`
  const rest = wrapWords(one.summary, width - BESIDE - GAP.length, 9).map(
    (line) => `${' '.repeat(BESIDE)}${GAP}${line}`
  )
  if (head.length > BESIDE) return [...wrapped(head, width), ...rest]
  return [`${head.padEnd(BESIDE)}${(rest[0] ?? '').slice(BESIDE)}`, ...rest.slice(1)]
}

/** Words of a group have no blanks between them: broken where they end. */
function wrapped(head: string, width: number): string[] {
  if (head.length <= width) return [head]
  const at = head.lastIndexOf('|', width - 1) + 1
  return at === 0 ? [head] : [head.slice(0, at), ...wrapped(`    ${head.slice(at)}`, width)]
}

const opening = (width: number): string[] =>
  wrapWords('Share files from machine to machine: seed prints a hash, fetch gets it.', width, 9)

function ending(width: number): string[] {
  return [
    'Every command takes:',
    '  --json                  print JSON on stdout',
    '  --home <path>           folder of the daemon',
    '  --verbose               say more on stderr',
    '  -h, --help              its options and examples',
    '',
    ...[
      'One command: p2pshare fetch --help. The version: p2pshare --version.',
      'Options can be set as P2PSHARE_<OPTION> or in config.json; the command line wins over both.'
    ].flatMap((line) => wrapWords(line, width, 9))
  ]
}
