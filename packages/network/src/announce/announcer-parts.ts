import type { PeerId, PeerInfo } from '@libp2p/interface'
import type { Clock, Rng } from '@p2pshare/base'
import type { KeyValueStore, Log, Provider } from '@p2pshare/ports'
import type { Announcements } from './announcements.ts'
import type { BackgroundPace } from './background-pace.ts'
import type { Breather } from './breather.ts'
import type { Newcomers } from './newcomers.ts'
import type { SendTo } from './record-spreader.ts'
import type { Lookups } from './region-explorer.ts'
import type { Sweeper } from './sweeper.ts'

/** What announcing needs of a DHT; see `DhtLane`. */
export interface AnnouncingLane extends Lookups {
  readonly profile: { readonly source: Provider['source']; readonly protocol: string }
  readonly self: PeerId
  onServer(listen: (peer: PeerId) => void): () => void
  guardians(key: Uint8Array, signal: AbortSignal, timeout: number): Promise<Pick<PeerInfo, 'id'>[]>
}

/** What a lane's announcer is made of. */
export interface LaneAnnouncerInit {
  lane: AnnouncingLane
  send: SendTo
  /** Names the addresses that our records would say; undefined while there are none. */
  addresses: () => string | undefined
  values: KeyValueStore
  clock: Clock
  rng: Rng
  log: Log
  /** For measuring; see {@link Breather}. */
  spent?: () => number
}

/** What the works of one announcer share. */
export interface AnnouncerParts extends LaneAnnouncerInit {
  announcements: Announcements
  sweeper: Sweeper
  newcomers: Newcomers
  pace: BackgroundPace
  breather: Breather
}

/** Whether there is anything true to announce: an address in this DHT's scope, and a server to tell. */
export function isReady({ lane, addresses }: AnnouncerParts): boolean {
  return lane.size > 0 && addresses() !== undefined
}

/** Whether nothing at all was announced before. */
export function isFirst({ announcements }: AnnouncerParts): boolean {
  for (const { lists } of announcements.all())
    if (lists.some((list) => list.keys.count > 0 && list.cursor > 0)) return false
  return true
}
