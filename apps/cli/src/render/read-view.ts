import { formatDuration, formatSize, printable } from '@p2pshare/base'
import type { ReadEvent } from '@p2pshare/control'
import { bar, percent, spinner } from './bar.ts'
import type { View } from './progress.ts'

const BAR_WIDTH = 30

/** A file that is being read: how far, and how fast. @param rate - bytes a second */
export function readView(
  { name, start, end }: Extract<ReadEvent, { event: 'file' }>,
  { bytes, rate }: { bytes: number; rate: number }
): View {
  const total = end - start
  const share = percent(bytes, total) ?? 100
  const left = rate > 0 ? `, ${formatDuration(((total - bytes) / rate) * 1000)} left` : ''
  const figures = `${formatSize(bytes)} of ${formatSize(total)}, ${formatSize(rate)}/s${left}`
  return {
    line: `${printable(name)}: reading, ${share} %, ${figures}`,
    frame: ({ style }, tick) => [
      `${style('cyan', spinner(tick))} ${style('bold', printable(name))}`,
      `  reading ${style('green', bar(bytes, total, BAR_WIDTH))} ${share} % · ${figures}`
    ]
  }
}
