import { formatDuration, formatSize, printable } from '@p2pshare/base'
import type { FindOutcome, SharePhase } from '@p2pshare/control'
import { percent } from './bar.ts'

/** How places that are asked for peers are called. */
export const SOURCES: Readonly<Record<FindOutcome['source'] | 'neighbours', string>> = {
  neighbours: 'connected peers',
  'lan-dht': 'local DHT',
  'amino-dht': 'public DHT',
  'private-dht': 'private DHT',
  mdns: 'local network (mDNS)',
  hint: 'addresses of the link',
  exchange: 'other peers of the share',
  known: 'peers of an earlier run'
}

/** What a place said. */
export const OUTCOMES: Readonly<Record<FindOutcome['outcome'], string>> = {
  found: 'found peers',
  nobody: 'nobody has it',
  'no-servers': 'no DHT server reached',
  failed: 'failed',
  'timed-out': 'no answer'
}

/** Where was looked and with what result: `local DHT: nobody has it; public DHT: no answer`. */
export function triedText(tried: readonly FindOutcome[]): string {
  return tried
    .map(({ source, outcome, providers, text }) => {
      const count = outcome === 'found' ? ` (${providers})` : ''
      return `${SOURCES[source]}: ${OUTCOMES[outcome]}${count}${text === undefined ? '' : ` (${printable(text, 80)})`}`
    })
    .join('; ')
}

/** What a share is busy with, in words: `looking for peers, found 3`, `12 of 1024 pieces`. */
export function phaseText(phase: SharePhase): string {
  switch (phase.phase) {
    case 'hashing':
      return 'checking what is already here'
    case 'finding':
      return findingText(phase)
    case 'connecting':
      return `found ${phase.found}, connecting`
    case 'index':
      return phase.totalPieces > 0
        ? `reading the index, ${phase.pieces} of ${phase.totalPieces} blocks`
        : 'reading the index'
    case 'pieces':
      return `${phase.pieces} of ${phase.totalPieces} pieces`
    case 'verifying':
      return 'verifying'
    case 'finishing':
      return phase.pieces < phase.totalPieces
        ? `finishing: copying to the disk of the target, ${phase.pieces} of ${phase.totalPieces} pieces`
        : 'finishing: making it safe on disk'
    case 'waiting':
      return `waiting${phase.reason === null ? '' : `: ${printable(phase.reason)}`}`
    case 'done':
      return 'done'
  }
}

function findingText({ found, tried }: SharePhase): string {
  if (found > 0) return `looking for peers, found ${found}`
  return tried.length === 0 ? 'looking for peers' : `looking for peers (${triedText(tried)})`
}

/** The figures beside it, as far as they are known: `41 %, 12 MiB of 1 GiB, 45 MiB/s, 3 peers, 2m 3s left`. */
export function figures(phase: SharePhase): string[] {
  const parts: string[] = []
  const share = percent(phase.done, phase.total)
  if (share !== undefined) parts.push(`${share} %`, `${formatSize(phase.done)} of ${formatSize(phase.total)}`)
  if (phase.rate > 0) parts.push(`${formatSize(phase.rate)}/s`)
  if (phase.peers > 0) parts.push(phase.peers === 1 ? '1 peer' : `${phase.peers} peers`)
  if (phase.etaMs !== null && phase.phase === 'pieces') parts.push(`${formatDuration(phase.etaMs)} left`)
  return parts
}
