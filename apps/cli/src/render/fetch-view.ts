import { formatDuration, printable } from '@p2pshare/base'
import type { FetchState } from '@p2pshare/control'
import type { Terminal } from '../terminal.ts'
import { bar, spinner } from './bar.ts'
import { figures, phaseText } from './phase-text.ts'
import type { View } from './progress.ts'

const BAR_WIDTH = { least: 10, most: 40 }

/**
 * A fetch as three lines: name, what it does, bar with figures.
 *
 * @param elapsed - gives milliseconds since the fetch began, so that a silent search still moves
 * @param stalled - why nothing moves, once that takes long
 */
export function fetchView(
  event: FetchState,
  terminal: Terminal,
  elapsed: () => number,
  stalled?: string
): View {
  const name = printable(event.name)
  const words = phaseText(event.phase)
  const numbers = figures(event.phase)
  return {
    line: `${[`${name}: ${words}`, ...numbers].join(', ')}${stalled === undefined ? '' : `. ${stalled}`}`,
    frame(columns, tick) {
      const { phase } = event
      const width = Math.max(BAR_WIDTH.least, Math.min(BAR_WIDTH.most, columns - 60))
      const lines = [
        `${terminal.style('cyan', spinner(tick))} ${terminal.style('bold', name)}`,
        `  ${words} ${terminal.style('dim', `· ${formatDuration(elapsed())}`)}`
      ]
      if (phase.total > 0)
        lines.push(`  ${terminal.style('green', bar(phase.done, phase.total, width))} ${numbers.join(' · ')}`)
      if (stalled !== undefined) lines.push(`  ${terminal.style('yellow', stalled)}`)
      return lines
    }
  }
}

/** What is shown before the daemon has said anything. */
export function openingView(ref: string, terminal: Terminal, elapsed: () => number): View {
  const name = printable(ref, 80)
  return {
    line: `${name}: asking the daemon`,
    frame: (_columns, tick) => [
      `${terminal.style('cyan', spinner(tick))} ${terminal.style('bold', name)}`,
      `  asking the daemon ${terminal.style('dim', `· ${formatDuration(elapsed())}`)}`
    ]
  }
}
