import { formatSize, printable } from '@p2pshare/base'
import { createControlClient, type HomePaths, resolveHome } from '@p2pshare/control/client'
import { savedDaemons } from '../daemon/saved-daemons.ts'
import { COMMANDS } from '../registry.ts'
import type { Surroundings } from '../terminal.ts'
import { type Candidate, type Wish, wishOf } from './wish.ts'

/** Shares offered at most; more help nobody. */
const MOST_SHARES = 200

/**
 * Answers a shell: one candidate a line, its meaning behind a tab, or the line `:files`. It never fails, and starts
 * no daemon: a key press must not.
 *
 * @param args - `--about` where the shell shows meanings, `--`, then the words of the line up to the cursor
 */
export async function complete(args: readonly string[], around: Surroundings): Promise<void> {
  const start = args.indexOf('--') + 1
  const words = args.slice(start)
  const current = words.at(-1) ?? ''
  try {
    const withAbout = args.slice(0, start).includes('--about')
    const wish = await wishOf(COMMANDS, { before: words.slice(0, -1), current, withAbout })
    if (wish.kind === 'files') {
      around.stdout.write(':files\n')
      return
    }
    const all = await candidates(wish, words, around)
    const lines = all.filter(({ value }) => value.startsWith(current)).map(lineOf)
    around.stdout.write(lines.map((line) => `${line}\n`).join(''))
  } catch {
    // No daemon, or no answer: nothing to offer.
  }
}

const lineOf = ({ value, about }: Candidate): string => (about === '' ? value : `${value}\t${about}`)

function candidates(
  wish: Exclude<Wish, { kind: 'files' }>,
  words: readonly string[],
  around: Surroundings
): readonly Candidate[] | Promise<readonly Candidate[]> {
  if (wish.kind === 'words') return wish.words
  if (wish.kind !== 'daemons') return fromDaemon(wish, words, around)
  const { daemonsFile } = homeOf(words, around)
  return savedDaemons(daemonsFile).map(({ name, peerId }) => ({ value: name, about: peerId }))
}

function homeOf(words: readonly string[], { env, cwd }: Surroundings): HomePaths {
  const home = words[words.indexOf('--home') + 1]
  const given = words.includes('--home') && home !== '' ? home : undefined
  return resolveHome({ home: given, env, cwd })
}

async function fromDaemon(
  wish: Extract<Wish, { kind: 'shares' | 'names' }>,
  words: readonly string[],
  around: Surroundings
): Promise<Candidate[]> {
  // A key press dials nobody, and this machine's shares are not those of another one.
  if (words.includes('--daemon') || around.env['P2PSHARE_DAEMON']) return []
  const { socketPath } = homeOf(words, around)
  const client = createControlClient({ socketPath })
  if (wish.kind === 'names') {
    const { namesInShare } = await import('./share-paths.ts')
    const current = words.at(-1) ?? ''
    const { ref } = wish
    if (ref === undefined) return namesInShare(client, current)
    const found = await namesInShare(client, `${ref}/${current}`)
    return found.map(({ value, about }) => ({ value: value.slice(ref.length + 1), about }))
  }
  const { shares } = await client.list({ limit: MOST_SHARES })
  return shares.map(({ cid, name, size, state }) => ({
    value: cid,
    about: `${printable(name, 60)}, ${formatSize(size)}, ${state}`
  }))
}
