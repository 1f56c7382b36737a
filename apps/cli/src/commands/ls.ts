import { formatSize, printable, ShareError } from '@p2pshare/base'
import type { EntriesEvent, ShareEntryView } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT } from '../exit-code.ts'
import { ProgressWatch } from '../fetching/progress-watch.ts'
import { timeoutOf, TIMEOUT_OPTION } from '../fetching/timeout-option.ts'
import { fetchView, openingView } from '../render/fetch-view.ts'
import { phaseText, triedText } from '../render/phase-text.ts'
import { openProgress } from '../render/progress.ts'
import { checkedPlace } from '../share-ref.ts'

/** Longest path that is shown, characters: what any share may have. */
const MAX_PATH = 4096

/** `p2pshare ls`. */
export const ls: Command = {
  name: 'ls',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'List what is in a share, or below a path of it, without fetching it',
  example: ['p2pshare ls bafk…/photos', 'number, size and path of all in that folder'],
  options: { timeout: TIMEOUT_OPTION },
  async run(call) {
    const timeout = timeoutOf(call)
    const { note, ...place } = await checkedPlace(call.args[0] ?? '')
    if (note !== undefined) call.terminal.note(note)
    const client = await ensureDaemon(call)
    const leave = new AbortController()
    let silent = false
    let interrupted = false
    const stopListening = call.around.onInterrupt(() => {
      interrupted = true
      leave.abort()
    })
    const watch = new ProgressWatch(timeout, () => {
      silent = true
      leave.abort()
    })
    try {
      const end = await show(call, client.entries(place, leave.signal), watch)
      if (silent && !end.done) throw nothingCame(call, place.ref, end.last)
      return interrupted && !end.done ? EXIT.interrupted : EXIT.done
    } finally {
      watch.stop()
      stopListening()
    }
  }
}

type State = Extract<EntriesEvent, { event: 'state' }>

/** Shows what comes; the stream ends without `done` only when it was left. */
async function show(
  call: Invocation,
  events: AsyncIterable<EntriesEvent>,
  watch: ProgressWatch
): Promise<{ done: boolean; last: State | undefined }> {
  const { terminal } = call
  const begun = performance.now()
  const elapsed = (): number => performance.now() - begun
  const progress = await openProgress(terminal)
  let last: State | undefined
  try {
    progress.show(openingView(call.args[0] ?? '', elapsed))
    for await (const event of events) {
      if (event.event === 'state') {
        last = event
        watch.note(event.phase)
        progress.show(
          fetchView({ ...event, state: 'fetching' }, { elapsed, rates: [], moment: () => undefined })
        )
        continue
      }
      // The index is here: how long it takes to print is no matter of the network.
      watch.stop()
      progress.clear()
      if (event.event === 'entries') {
        for (const entry of event.entries) terminal.result(entry, entryLine(entry, last?.name))
        await terminal.drained()
      } else {
        const { files, folders, size } = event
        const sums = `${files} files, ${folders} folders, ${formatSize(size)}`
        if (!terminal.json) terminal.note(`${printable(event.name)}: ${sums}`)
        return { done: true, last }
      }
    }
  } finally {
    progress.close()
  }
  return { done: false, last }
}

/** Number, size and path; folders have no number, and `/` behind them. */
function entryLine({ kind, number, path, size }: ShareEntryView, name = ''): string {
  const shown = path === '' ? printable(name) : printable(path, MAX_PATH)
  return `${String(number ?? '-').padStart(7)} ${formatSize(size).padStart(10)}  ${shown}${kind === 'folder' ? '/' : ''}`
}

function nothingCame(call: Invocation, ref: string, last: State | undefined): ShareError {
  const tried = last === undefined ? '' : triedText(last.phase.tried) || phaseText(last.phase)
  const { found, connected } = last?.phase ?? { found: 0, connected: 0 }
  const timeout = printable(call.settings.text('timeout') ?? '', 30)
  return new ShareError({
    code: 'cli.no-progress',
    fault: 'network',
    message: `no progress for ${timeout}: ${tried === '' ? 'nothing has answered yet' : tried}; peers found: ${found}, connected: ${connected}`,
    hint: 'See p2pshare doctor. Nothing goes on in the daemon.',
    detail: { cid: last?.cid ?? ref, tried, found, connected }
  })
}
