import { formatDuration, formatSize, printable } from '@p2pshare/base'
import type { DaemonStatus } from '@p2pshare/control'
import { announcingWords } from './announcing-text.ts'
import { inForceWords } from './limit-text.ts'
import { factLines } from './share-text.ts'

/** The daemon's state, a fact a line. */
export function daemonText(daemon: DaemonStatus): string {
  return factLines([
    [
      'daemon',
      `running, pid ${daemon.pid}, version ${daemon.version}, for ${formatDuration(Date.now() - daemon.startedAt)}`
    ],
    ['peer id', daemon.peerId],
    ['network', printable(daemon.network)],
    ...daemon.addresses.map((address): [string, string] => ['address', printable(address, 1024)]),
    ['peers', String(daemon.peers)],
    ['shares', String(daemon.shares)],
    ['rates', `${formatSize(daemon.rateUp)}/s up, ${formatSize(daemon.rateDown)}/s down`],
    ['limits', inForceWords(daemon.limits)],
    ...daemon.announcing.map((each): [string, string] => [
      'announced',
      `${announcingWords(each)} (${each.source})`
    ]),
    ...daemon.warnings.map((warning): [string, string] => ['warning', printable(warning, 500)])
  ])
}
