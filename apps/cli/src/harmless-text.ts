import { printable } from '@p2pshare/base'

/** What text of ours is made of besides letters: colours, ends of lines, tabs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const OURS = /(\u001b\[[\d;]*m|[\n\t])/

/**
 * The last gate before a terminal: whatever a name, a warning or an address of another daemon carries, it moves no
 * cursor, sets no title, fills no clipboard and hides nothing. Text that was escaped before stays as it is.
 */
export function harmless(text: string): string {
  return text
    .split(OURS)
    .map((part, at) => (at % 2 === 1 ? part : printable(part, Number.POSITIVE_INFINITY)))
    .join('')
}
