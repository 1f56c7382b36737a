import { basename } from 'node:path'
import { formatSize, printable } from '@p2pshare/base'
import type { SeedEvent } from '@p2pshare/control'
import { bar, percent, spinner } from './bar.ts'
import type { View } from './progress.ts'

const BAR_WIDTH = 30

/** Hashing of one path. */
export function seedView(event: Extract<SeedEvent, { event: 'hashing' }>): View {
  const name = printable(basename(event.path))
  const share = percent(event.bytes, event.totalBytes) ?? 0
  const sizes = `${formatSize(event.bytes)} of ${formatSize(event.totalBytes)}`
  return {
    line: `${name}: hashing, ${share} %, ${sizes}`,
    frame: ({ style }, tick) => [
      `${style('cyan', spinner(tick))} ${style('bold', name)}`,
      `  hashing ${style('green', bar(event.bytes, event.totalBytes, BAR_WIDTH))} ${share} % · ${sizes}`
    ]
  }
}
