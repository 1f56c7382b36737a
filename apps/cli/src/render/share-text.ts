import { formatSize, printable } from '@p2pshare/base'
import type { ShareDetail, ShareSummary } from '@p2pshare/control'
import { percent } from './bar.ts'
import { rateWords } from './limit-text.ts'
import { announcingWords } from './announcing-text.ts'
import { stopWords } from './stop-text.ts'
import { figures, phaseText } from './phase-text.ts'

/** Paths of a share of several that are shown. */
const MOST_ROOTS = 20

/** One share on one line, for `list`. */
export function shareLine(share: ShareSummary): string {
  const done = percent(share.done, share.size)
  const progress = done === undefined || done === 100 ? '' : ` ${done} %`
  const reason = share.reason === undefined ? '' : ` (${printable(share.reason)})`
  return `${share.cid}  ${share.state}${progress}${reason}  ${formatSize(share.size)}  ${printable(share.name)}`
}

/** All about one share, a fact a line. */
export function shareText(share: ShareDetail): string {
  const facts: [string, string][] = [
    ['name', printable(share.name)],
    ['hash', share.cid],
    ['state', `${share.state}${share.reason === undefined ? '' : `: ${printable(share.reason)}`}`],
    ['size', `${formatSize(share.size)} in ${share.pieces} pieces, ${formatSize(share.done)} here`],
    ...placeFacts(share),
    ['sent', `${formatSize(share.uploaded)}, ${formatSize(share.rateUp)}/s now`],
    ['received', `${formatSize(share.downloaded)}, ${formatSize(share.rateDown)}/s now`],
    ['peers', `${share.peers}, ${share.availability.toFixed(1)} copies in sight`]
  ]
  if (share.order === 'sequential') facts.push(['order', 'sequential: pieces from the first to the last'])
  const { up, down } = share.limits
  if (up !== null || down !== null) facts.push(['limits', rateWords({ up, down })])
  const { stopping } = share
  if (
    stopping !== undefined &&
    (stopping.own.length > 0 || Object.values(stopping.rules).some((rule) => rule !== null))
  )
    facts.push(['seeding', stopWords(stopping)])
  if (share.announced !== undefined) facts.push(['announced', announcingWords(share.announced)])
  if (share.phase !== undefined && share.state === 'fetching') {
    facts.push(['now', [phaseText(share.phase), ...figures(share.phase)].join(', ')])
  }
  facts.push(['link', printable(share.link, 4096)])
  return factLines(facts)
}

/** Where it lies: one path, or those of its entries. */
function placeFacts({ path, roots, rootCount = 0 }: ShareDetail): [string, string][] {
  if (roots === undefined) return [['path', printable(path, 4096)]]
  const shown = roots.slice(0, MOST_ROOTS)
  const facts = shown.map((root, i): [string, string] => [i === 0 ? 'paths' : '', printable(root.path, 4096)])
  const left = rootCount - shown.length
  return left > 0 ? [...facts, ['', `and ${left} more; all are in p2pshare ls`]] : facts
}

/** Aligned `name  value` lines. */
export function factLines(facts: readonly (readonly [string, string])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}
