import { formatDuration, printable } from '@p2pshare/base'
import type { FetchState, Moment } from '@p2pshare/control'
import type { Screen } from '../live/screen.ts'
import { spinner } from './bar.ts'
import { figures, phaseText } from './phase-text.ts'
import type { View } from './progress.ts'
import { withoutKey } from '../share-ref.ts'
import { shareFrame } from './share-frame.ts'
import { wrapWords } from './wrap-words.ts'

/** Lines for why nothing moves. */
const STALLED_LINES = 3

/** What is known beside the state of a fetch. */
export interface FetchSurroundings {
  /** Gives milliseconds since the fetch began, so that a silent search still moves. */
  elapsed: () => number
  /** The newest word of `observe` on this share. */
  moment: () => Moment | undefined
  /** Rates of receiving, oldest first. */
  rates: readonly number[]
  /** Why nothing moves, once that takes long. */
  stalled?: string | undefined
}

/** A fetch: what it does, in words and figures, with its piece map. */
export function fetchView(event: FetchState, around: FetchSurroundings): View {
  const { name, state, phase } = event
  const { stalled } = around
  return {
    line: `${[`${printable(name)}: ${phaseText(phase)}`, ...figures(phase)].join(', ')}${stalled === undefined ? '' : `. ${stalled}`}`,
    frame(screen, tick) {
      const moment = around.moment()
      const seen = moment?.shares[0]
      const more = seen === undefined ? {} : { rateUp: seen.rateUp, relayed: seen.relayed, map: seen.map }
      const times = { rates: around.rates, elapsed: around.elapsed(), tick }
      const lines = shareFrame({ name, state, phase, ...more }, times, screen)
      if (stalled !== undefined)
        for (const part of wrapWords(
          unsaid(stalled, phase.reason),
          Math.max(8, screen.columns - 4),
          STALLED_LINES
        ))
          lines.push(`  ${screen.style('yellow', part)}`)
      const others = (moment?.states.fetching ?? 0) - 1
      if (others > 0) lines.push(othersLine(others, screen))
      return lines
    }
  }
}

/** What of it the words on the phase do not say already. */
function unsaid(stalled: string, reason: string | null): string {
  return reason !== null && stalled.startsWith(reason) ? stalled.slice(reason.length).trim() : stalled
}

function othersLine(others: number, { style }: Screen): string {
  return style('dim', `  ${others} more ${others === 1 ? 'fetch runs' : 'fetches run'} here: p2pshare top`)
}

/** What is shown before the daemon has said anything. */
export function openingView(ref: string, elapsed: () => number): View {
  const name = printable(withoutKey(ref), 80)
  return {
    line: `${name}: asking the daemon`,
    frame: ({ style }, tick) => [
      `${style('cyan', spinner(tick))} ${style('bold', name)}`,
      `  asking the daemon ${style('dim', `· ${formatDuration(elapsed())}`)}`
    ]
  }
}
