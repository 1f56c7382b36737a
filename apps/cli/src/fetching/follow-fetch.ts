import type { Millis } from '@p2pshare/base'
import type { FetchDone, FetchState, RequestOf } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'
import { openingView } from '../render/fetch-view.ts'
import { phaseText, triedText } from '../render/phase-text.ts'
import { openProgress } from '../render/progress.ts'
import { FetchPicture } from './fetch-picture.ts'
import { ProgressWatch } from './progress-watch.ts'
import { StallWords } from './stall-words.ts'

/** How following a fetch ended; failures are thrown. */
export type FetchEnd =
  | { kind: 'done'; result: FetchDone }
  | { kind: 'interrupted'; last: FetchState | undefined }
  /** Nothing moved for the time-out; `tried` tells what was attempted. */
  | { kind: 'no-progress'; last: FetchState | undefined; tried: string }

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
  const leave = new AbortController()
  let end: 'interrupted' | 'no-progress' | undefined
  const leaveAs = (why: 'interrupted' | 'no-progress') => () => {
    end ??= why
    leave.abort()
  }
  const stopListening = call.around.onInterrupt(leaveAs('interrupted'))
  const watch = new ProgressWatch(timeout, leaveAs('no-progress'))
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
    for await (const event of client.fetch(request, leave.signal)) {
      if (event.event === 'done') return { kind: 'done', result: event }
      last = event
      watch.note(event.phase)
      stall.note(event)
      if (jsonLines) terminal.line(progressLine(event))
      if (terminal.live && !plain) picture.observe(event.cid)
      show()
    }
  } finally {
    watch.stop()
    stall.stop()
    picture.close()
    progress.close()
    stopListening()
  }
  // The stream itself ends without `done` only when we left.
  if (end === 'no-progress') return { kind: 'no-progress', last, tried: triedSoFar(last) }
  return { kind: 'interrupted', last }
}

function progressLine({ cid, name, state, phase }: FetchState): object {
  const { done, total, rate, peers, etaMs, pieces, totalPieces, found, connected, reason } = phase
  return {
    event: 'progress',
    ...{ done, total, rate, peers, etaMs, pieces, totalPieces, found, connected, reason },
    ...{ cid, name, state, phase: phase.phase }
  }
}

function triedSoFar(last: FetchState | undefined): string {
  if (last === undefined) return ''
  const tried = triedText(last.phase.tried)
  return tried === '' ? phaseText(last.phase) : tried
}
