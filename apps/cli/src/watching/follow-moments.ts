import { printable } from '@p2pshare/base'
import type { Moment, RequestOf } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { CTRL_C, readKeys } from '../live/keys.ts'
import type { Screen } from '../live/screen.ts'
import type { Terminal } from '../terminal.ts'
import { Histories } from './histories.ts'

/** What is watched, and how it is shown. */
export interface Watching {
  readonly request: RequestOf<'observe'>
  /** The frame on a terminal. */
  frame(moment: Moment, histories: Histories, screen: Screen, tick: number): string[]
  /** Elsewhere: lines by what they are about. */
  lines(moment: Moment): ReadonlyMap<string, string>
  /** Whether it takes the whole screen, and q leaves it. */
  readonly whole: boolean
}

/** Milliseconds between plain lines. */
const LINE_STEP = 1000
/** Characters of a plain line. */
const LONGEST_LINE = 1000

/** Shows what the daemon does until the user leaves or the daemon stops. @returns the exit code */
export async function followMoments(
  call: Invocation,
  client: ControlClient,
  watching: Watching
): Promise<number> {
  const leave = new AbortController()
  let code: number | undefined
  const leaveWith = (why: number) => (): void => {
    code ??= why
    leave.abort()
  }
  const onInterrupt = leaveWith(EXIT.interrupted)
  const stopListening = call.around.onInterrupt(onInterrupt)
  const shown = await shownOn(call.terminal, watching)
  const stopReading =
    watching.whole && shown.live
      ? readKeys(call.around.keys, (key) => {
          if (key === CTRL_C) onInterrupt()
          else if (key === 'q' || key === 'Q') leaveWith(EXIT.done)()
        })
      : undefined
  try {
    for await (const moment of client.observe(watching.request, leave.signal)) shown.show(moment)
  } finally {
    stopReading?.()
    shown.close()
    stopListening()
  }
  if (code === undefined) call.terminal.note('the daemon has stopped')
  return code ?? EXIT.daemon
}

interface Shown {
  /** Whether it is a frame that moves. */
  readonly live: boolean
  show(moment: Moment): void
  close(): void
}

async function shownOn(terminal: Terminal, watching: Watching): Promise<Shown> {
  if (terminal.json) return { live: false, show: (moment) => terminal.line(moment), close: () => undefined }
  return terminal.picture.live ? frameOn(terminal, watching) : linesOn(terminal, watching)
}

async function frameOn({ picture }: Terminal, watching: Watching): Promise<Shown> {
  const { Display } = await import('../live/display.ts')
  const histories = new Histories()
  const display = new Display(picture.stream, picture.style, watching.whole)
  return {
    live: true,
    show(moment) {
      histories.note(moment)
      display.show((screen, tick) => watching.frame(moment, histories, screen, tick))
    },
    close: () => display.close(!watching.whole)
  }
}

/** What has changed, once a second at most, and at the end. */
function linesOn({ picture }: Terminal, watching: Watching): Shown {
  const shown = new Map<string, string>()
  let newest: Moment | undefined
  let timer: NodeJS.Timeout | undefined
  const print = (): void => {
    if (newest === undefined) return
    const lines = watching.lines(newest)
    for (const about of shown.keys()) if (!lines.has(about)) shown.delete(about)
    for (const [about, line] of lines) {
      if (shown.get(about) === line) continue
      shown.set(about, line)
      picture.stream.write(`${printable(line, LONGEST_LINE)}\n`)
    }
  }
  return {
    live: false,
    show(moment) {
      const first = newest === undefined
      newest = moment
      if (!first) return
      print()
      timer = setInterval(print, LINE_STEP)
    },
    close() {
      clearInterval(timer)
      print()
    }
  }
}
