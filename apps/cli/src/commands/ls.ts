import { formatSize, printable } from '@p2pshare/base'
import type { ShareEntryView } from '@p2pshare/control'
import type { Command } from '../command.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT } from '../exit-code.ts'
import { givenLink } from '../options/given-link.ts'
import { followEntries } from '../fetching/follow-entries.ts'
import { timeoutOf, TIMEOUT_OPTION } from '../fetching/timeout-option.ts'
import { percent } from '../render/bar.ts'
import { checkedPlace } from '../share-ref.ts'

/** Longest path that is shown, characters: what any share may have. */
const MAX_PATH = 4096

/** `p2pshare ls`. */
export const ls: Command = {
  name: 'ls',
  positionals: '<hash>[/path]',
  count: { min: 1, max: 1 },
  summary: 'List what is in a share, or below a path of it, without fetching it',
  example: ['p2pshare ls bafk…/photos', 'number, size and path of all in that folder'],
  moreExamples: [
    ["p2pshare ls 'p2pshare:bafy…?sealed=1#key=…'", 'what a private share holds: put its link into quotes'],
    ['p2pshare ls bafk… --json', 'one object each; of a share that is here also done (bytes) and priority']
  ],
  options: { timeout: TIMEOUT_OPTION },
  async run(call) {
    const timeout = timeoutOf(call)
    const { note, ...place } = await checkedPlace(await givenLink(call))
    const { terminal } = call
    if (note !== undefined) terminal.note(note)
    const client = await ensureDaemon(call)
    const listed = await followEntries(call, client, place, timeout, async (entries, name) => {
      for (const entry of entries) terminal.result(entry, entryLine(entry, name))
      await terminal.drained()
    })
    if (listed === undefined) return EXIT.interrupted
    const { name, files, folders, size } = listed
    const sums = `${files} files, ${folders} folders, ${formatSize(size)}`
    if (!terminal.json) terminal.note(`${printable(name)}: ${sums}`)
    return EXIT.done
  }
}

/**
 * Number, size and path; folders have no number, and `/` behind them. Of a share that is here also how much of it is,
 * how much it is wanted, and where an entry lies when that is a path of its own.
 */
function entryLine(entry: ShareEntryView, name = ''): string {
  const { kind, number, path, size, done, priority, source } = entry
  const shown = path === '' ? printable(name) : printable(path, MAX_PATH)
  const here =
    done === undefined
      ? ''
      : `  ${`${percent(done, size) ?? 100} %`.padStart(5)}  ${(priority ?? '-').padEnd(6)}`
  const from = source === undefined ? '' : `  (at ${printable(source, MAX_PATH)})`
  return `${String(number ?? '-').padStart(7)} ${formatSize(size).padStart(10)}${here}  ${shown}${kind === 'folder' ? '/' : ''}${from}`
}
