import type { Terminal } from '../terminal.ts'

/** What is happening, in both forms that a terminal may want. */
export interface View {
  /** One line for logs and pipes. */
  readonly line: string
  /** A frame to draw over the last one; lines may be too long. `tick` counts redraws, for the spinner. */
  frame(columns: number, tick: number): string[]
}

/** Where progress is shown. */
export interface Progress {
  /** Shows this from now on; may be called as often as there is news. */
  show(view: View): void
  /** Takes the frame away so that other lines can be written. */
  clear(): void
  /** Ends the display; the last frame is taken away. */
  close(): void
}

/** Milliseconds between two frames. */
const FRAME_STEP = 200
/** Milliseconds between two plain lines. */
const LINE_STEP = 1000

/** Frames on a terminal, plain lines elsewhere, nothing beside JSON. */
export async function openProgress(terminal: Terminal, plain = false): Promise<Progress> {
  if (terminal.json) return SILENT
  return terminal.live && !plain ? liveProgress(terminal) : lineProgress(terminal)
}

const SILENT: Progress = { show: () => undefined, clear: () => undefined, close: () => undefined }

async function liveProgress(terminal: Terminal): Promise<Progress> {
  const [{ createLogUpdate }, { default: cliTruncate }] = await Promise.all([
    import('log-update'),
    import('cli-truncate')
  ])
  const log = createLogUpdate(terminal.stderr as NodeJS.WriteStream)
  let view: View | undefined
  let tick = 0
  const draw = (): void => {
    if (view === undefined) return
    const columns = terminal.columns
    log(
      view
        .frame(columns, tick++)
        .map((line) => cliTruncate(line, columns - 1))
        .join('\n')
    )
  }
  const timer = setInterval(draw, FRAME_STEP)
  return {
    show(next) {
      const first = view === undefined
      view = next
      if (first) draw()
    },
    clear() {
      view = undefined
      log.clear()
    },
    close() {
      clearInterval(timer)
      log.clear()
      log.done()
    }
  }
}

/** A line whenever something changed, at most one a second; the first at once. */
function lineProgress(terminal: Terminal): Progress {
  let shown: string | undefined
  let waiting: string | undefined
  let timer: NodeJS.Timeout | undefined
  const print = (): void => {
    timer = undefined
    if (waiting === undefined || waiting === shown) return
    shown = waiting
    terminal.note(shown)
    timer = setTimeout(print, LINE_STEP)
  }
  return {
    show(view) {
      waiting = view.line
      if (timer === undefined) print()
    },
    clear() {
      waiting = undefined
    },
    close() {
      clearTimeout(timer)
      waiting = undefined
    }
  }
}
