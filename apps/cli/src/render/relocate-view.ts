import { basename } from 'node:path'
import { printable } from '@p2pshare/base'
import type { RelocateEvent } from '@p2pshare/control'
import { bar, percent, spinner } from './bar.ts'
import type { View } from './progress.ts'

const BAR_WIDTH = 30

/** The check of what lies at a path. */
export function relocateView(
  { done, total }: Extract<RelocateEvent, { event: 'checking' }>,
  path: string
): View {
  const name = printable(basename(path))
  const share = percent(done, total) ?? 0
  return {
    line: `${name}: checking what is there, ${share} %`,
    frame: ({ style }, tick) => [
      `${style('cyan', spinner(tick))} ${style('bold', name)}`,
      `  checking what is there ${style('green', bar(done, total, BAR_WIDTH))} ${share} %`
    ]
  }
}
