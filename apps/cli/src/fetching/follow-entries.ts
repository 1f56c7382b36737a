import type { Millis, ShareError } from '@p2pshare/base'
import type { EntriesEvent, ShareEntryView } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'
import { fetchView, openingView } from '../render/fetch-view.ts'
import { openProgress } from '../render/progress.ts'
import { type CheckedPlace, withoutKey } from '../share-ref.ts'
import { Leaving } from './leaving.ts'
import { noProgress } from './no-progress.ts'

type State = Extract<EntriesEvent, { event: 'state' }>
/** The sums at the end of a listing. */
export type Listed = Extract<EntriesEvent, { event: 'done' }>

/**
 * Asks what is in a share, shows how its index comes, and hands on each page. @param onPage - `name`: of the share
 * @returns undefined when the user has left
 * @throws ShareError `cli.no-progress`
 */
export async function followEntries(
  call: Invocation,
  client: ControlClient,
  { ref, path }: CheckedPlace,
  timeout: Millis | undefined,
  onPage: (entries: readonly ShareEntryView[], name: string) => Promise<void> | void
): Promise<Listed | undefined> {
  const leaving = new Leaving(call.around, timeout)
  const begun = performance.now()
  const elapsed = (): number => performance.now() - begun
  const progress = await openProgress(call.terminal)
  let last: State | undefined
  try {
    progress.show(openingView(call.args[0] ?? '', elapsed))
    const request = path === undefined ? { ref } : { ref, path }
    for await (const event of client.entries(request, leaving.signal)) {
      if (event.event === 'done') return event
      if (event.event === 'state') {
        last = event
        leaving.watch.note(event.phase)
        const view = { ...event, state: 'fetching' as const }
        progress.show(fetchView(view, { elapsed, rates: [], moment: () => undefined }))
        continue
      }
      // The index is here: how long it takes to print is no matter of the network.
      leaving.watch.stop()
      progress.clear()
      await onPage(event.entries, event.name ?? last?.name ?? '')
    }
  } finally {
    leaving.close()
    progress.close()
  }
  // The stream itself ends without `done` only when we left.
  if (leaving.why === 'no-progress') throw nothingCame(call, ref, last)
  return undefined
}

function nothingCame(call: Invocation, ref: string, last: State | undefined): ShareError {
  return noProgress(call, last?.phase, {
    hint: 'See p2pshare doctor. Nothing goes on in the daemon.',
    detail: { cid: last?.cid ?? withoutKey(ref) }
  })
}
