import { formatDuration } from '@p2pshare/base'
import type { Announcing, ShareDetail } from '@p2pshare/control'

const LEVELS = { roots: 'root only', files: 'root and files', chunks: 'root, files and chunks' } as const

/** How far announcing is, on one line: `12 of 502 keys, the oldest 3 h ago, next cycle in 5 h`. */
export function announcingWords(
  status: Announcing & Partial<Pick<NonNullable<ShareDetail['announced']>, 'level'>>,
  now = Date.now()
): string {
  const { announced, total, oldest, nextCycle, level } = status
  const words = [`${announced} of ${total} keys${level === undefined ? '' : ` (${LEVELS[level]})`}`]
  if (oldest !== null) words.push(`the oldest ${formatDuration(Math.max(0, now - oldest))} ago`)
  words.push(`next cycle in ${formatDuration(Math.max(0, nextCycle - now))}`)
  return words.join(', ')
}
