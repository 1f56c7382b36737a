import type { Invocation } from '../command.ts'
import { usageError } from '../exit-code.ts'

/** Longest line that is read, bytes; what a link may have is checked by who parses it. */
const MAX_LINE = 64 * 1024

/**
 * The hash or link that a command is given as its first word. For `-` it is the first line of standard input: what is
 * typed or piped there stands in no history of a shell and in no list of processes, nor does the key of a link.
 * @throws ShareError `cli.usage`
 */
export async function givenLink({
  args,
  around,
  settings,
  terminal
}: Pick<Invocation, 'args' | 'around' | 'settings' | 'terminal'>): Promise<string> {
  const [word = ''] = args
  if (word !== '-') return word
  if (settings.flag('pick')) throw usageError('--pick reads keys, and - reads the link from where they come')
  if (terminal.live) terminal.note('paste the link, then press Enter:')
  const line = await firstLine(around.input)
  if (line === '')
    throw usageError('- stands for the link on standard input, and there is none', 'Pipe or type it in.')
  return line
}

async function firstLine(input: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of input ?? []) {
    parts.push(part)
    size += part.byteLength
    if (part.includes(10) || size > MAX_LINE) break
  }
  const [line = ''] = new TextDecoder().decode(Buffer.concat(parts).subarray(0, MAX_LINE)).split('\n')
  return line.trim()
}
