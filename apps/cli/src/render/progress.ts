import type { Frame } from '../live/display.ts'
import type { Terminal } from '../terminal.ts'

/** What is happening, in both forms that a terminal may want. */
export interface View {
  /** One line for logs and pipes. */
  readonly line: string
  /** A frame to draw over the last one. */
  readonly frame: Frame
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

/** Milliseconds between two plain lines. */
const LINE_STEP = 1000

/** Frames on a terminal, plain lines elsewhere, nothing beside JSON. */
export async function openProgress(terminal: Terminal, plain = false): Promise<Progress> {
  if (terminal.json) return SILENT
  return terminal.live && !plain ? liveProgress(terminal) : lineProgress(terminal)
}

const SILENT: Progress = { show: () => undefined, clear: () => undefined, close: () => undefined }

async function liveProgress({ stderr, style }: Terminal): Promise<Progress> {
  const { Display } = await import('../live/display.ts')
  const display = new Display(stderr, style)
  return {
    show: (view) => display.show((screen, tick) => view.frame(screen, tick)),
    clear: () => display.clear(),
    close: () => display.close()
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
