import type { Millis } from '@p2pshare/base'
import type { FetchDone, FetchState, RequestOf } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'
import { openingView } from '../render/fetch-view.ts'
import { openProgress } from '../render/progress.ts'
import { FetchPicture } from './fetch-picture.ts'
import { Leaving } from './leaving.ts'
import { StallWords } from './stall-words.ts'

/** How following a fetch ended; failures are thrown. */
export type FetchEnd =
  | { kind: 'done'; result: FetchDone }
  | { kind: 'interrupted'; last: FetchState | undefined }
  /** Nothing moved for the time-out. */
  | { kind: 'no-progress'; last: FetchState | undefined }

/** Starts or joins a fetch and shows it until it is done, the user leaves, or nothing moves any more. */
export async function followFetch(
  call: Invocation,
  client: ControlClient,
  request: RequestOf<'fetch'>,
  timeout: Millis | undefined
): Promise<FetchEnd> {
  const { terminal } = call
  const jsonLines = terminal.json && call.settings.flag('progress')
  const begun = performance.now()
  const elapsed = (): number => performance.now() - begun
  const leaving = new Leaving(call.around, timeout)
  const plain = call.settings.flag('progress')
  const progress = await openProgress(terminal, plain)
  const picture = new FetchPicture(client, elapsed)
  let last: FetchState | undefined
  const show = (): void => {
    if (last !== undefined) progress.show(picture.view(last, stall.words))
  }
  const stall = new StallWords((cid) => client.why({ ref: cid }), show)
  try {
    progress.show(openingView(request.ref, elapsed))
    for await (const event of client.fetch(request, leaving.signal)) {
      if (event.event === 'done') return { kind: 'done', result: event }
      last = event
      leaving.watch.note(event.phase)
      stall.note(event)
      if (jsonLines) terminal.line(progressLine(event))
      if (terminal.live && !plain) picture.observe(event.cid)
      show()
    }
  } finally {
    leaving.close()
    stall.stop()
    picture.close()
    progress.close()
  }
  // The stream itself ends without `done` only when we left.
  return { kind: leaving.why === 'no-progress' ? 'no-progress' : 'interrupted', last }
}

function progressLine({ cid, name, state, phase }: FetchState): object {
  const { done, total, rate, peers, etaMs, pieces, totalPieces, found, connected, reason } = phase
  return {
    event: 'progress',
    ...{ done, total, rate, peers, etaMs, pieces, totalPieces, found, connected, reason },
    ...{ cid, name, state, phase: phase.phase }
  }
}
