import { type Millis, ShareError } from '@p2pshare/base'
import type { ReadEvent, RequestOf } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'
import { Leaving } from '../fetching/leaving.ts'
import { StallWords } from '../fetching/stall-words.ts'
import { ReadDisplay } from './read-display.ts'
import { TerminalHazard } from './terminal-hazard.ts'

type State = Extract<ReadEvent, { event: 'state' }>
type File = Extract<ReadEvent, { event: 'file' }>

/** How reading ended; failures are thrown. */
export type ReadEnd =
  | { kind: 'done'; file: File; bytes: number }
  | { kind: 'interrupted' }
  /** Nothing came for the time-out. */
  | { kind: 'no-progress'; last: State | undefined }

/**
 * Reads a file and writes it to stdout as it comes. The next bytes are asked for when stdout took the last.
 * @throws ShareError `cli.binary-on-terminal`, and what the daemon answers
 */
export async function copyOut(
  call: Invocation,
  client: ControlClient,
  request: RequestOf<'read'>,
  timeout: Millis | undefined
): Promise<ReadEnd> {
  const leaving = new Leaving(call.around, timeout)
  const { watch } = leaving
  const display = await ReadDisplay.open(call.terminal, call.args[0] ?? '')
  let last: State | undefined
  const showWaiting = (): void => {
    if (last !== undefined) display.waits(last, stall.words)
  }
  const stall = new StallWords((cid) => client.why({ ref: cid }), showWaiting)
  const write = writer(call)
  let file: File | undefined
  let bytes = 0
  try {
    for await (const part of client.read(request, leaving.signal)) {
      if (part instanceof Uint8Array) {
        // How long the reader takes is no matter of the network.
        watch.stop()
        last = undefined
        bytes += part.byteLength
        display.writes(part.byteLength)
        await write(part)
        watch.again()
      } else if (part.event === 'state') {
        last = part
        watch.note(part.phase)
        stall.note({ ...part, event: 'state', state: 'fetching' })
        showWaiting()
      } else if (part.event === 'file') {
        file = part
        display.begins(part)
      } else if (file !== undefined) return { kind: 'done', file, bytes }
    }
  } finally {
    leaving.close()
    stall.stop()
    display.close()
  }
  return leaving.why === 'no-progress' ? { kind: leaving.why, last } : { kind: 'interrupted' }
}

/** Writes to stdout, but no control characters to a terminal. */
function writer({ terminal, settings }: Invocation): (part: Uint8Array) => Promise<void> {
  const isGuarded = terminal.picture.stream.isTTY === true && !settings.flag('raw')
  const hazard = new TerminalHazard()
  return async (part) => {
    if (isGuarded && hazard.isIn(part)) throw binaryOnTerminal()
    await terminal.bytes(part)
  }
}

function binaryOnTerminal(): ShareError {
  return new ShareError({
    code: 'cli.binary-on-terminal',
    fault: 'user',
    message: 'the content is no plain text, and a terminal would take it for commands',
    hint: 'Send it on: p2pshare cat … | player, or > file. --raw shows it all the same.'
  })
}
