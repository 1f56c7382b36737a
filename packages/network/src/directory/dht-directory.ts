import type {
  AnnouncingStatus,
  ContentKey,
  Directory,
  FindReport,
  PeerName,
  Provider,
  Publication,
  PublicationStatus
} from '@p2pshare/ports'
import type { LaneAnnouncer } from '../announce/lane-announcer.ts'
import type { OwnKeys } from '../announce/own-keys.ts'
import { FIND } from '../limits/index.ts'
import { type LaneSearchInit, searchLane } from './lane-search.ts'
import { mergeProducers } from './merge.ts'

/** What {@link DhtDirectory} is made of: one search and one announcer for each DHT. */
export interface DhtDirectoryInit {
  self: PeerName
  /** Records of others name us as a provider at these addresses. */
  onSelf: (addresses: readonly string[]) => void
  searches: readonly LaneSearchInit[]
  announcers: readonly LaneAnnouncer[]
  ownKeys: OwnKeys
}

/** The {@link Directory} over all DHTs of this node. */
export class DhtDirectory implements Directory {
  readonly #init: DhtDirectoryInit

  constructor(init: DhtDirectoryInit) {
    this.#init = init
  }

  get sources(): Provider['source'][] {
    return this.#init.searches.map(({ lane }) => lane.profile.source)
  }

  async *find(
    key: ContentKey,
    options: {
      signal: AbortSignal
      only?: Provider['source']
      onReport?: (report: FindReport) => void
    }
  ): AsyncGenerator<Provider> {
    const { self } = this.#init
    const { only } = options
    const searches = this.#init.searches.filter(
      ({ lane }) => only === undefined || lane.profile.source === only
    )
    // Ends the searches when the consumer stops early, too.
    const ending = new AbortController()
    const onAbort = (): void => ending.abort(options.signal.reason)
    if (options.signal.aborted) onAbort()
    else options.signal.addEventListener('abort', onAbort, { once: true })
    const seen = new Set<PeerName>([self])
    const producers = searches.map((search) => async (emit: (provider: Provider) => void) => {
      const report = await searchLane(search, key, ending.signal, emit)
      options.onReport?.(report)
    })
    try {
      for await (const provider of mergeProducers(producers, FIND.maxProviders)) {
        if (provider.peer === self) this.#init.onSelf(provider.addresses)
        if (seen.has(provider.peer)) continue
        seen.add(provider.peer)
        yield provider
        if (seen.size > FIND.maxProviders) return
      }
    } finally {
      options.signal.removeEventListener('abort', onAbort)
      ending.abort()
    }
  }

  publish(publication: Publication): void {
    this.#init.ownKeys.add(publication)
    for (const announcer of this.#init.announcers) announcer.publish(publication)
  }

  withdraw(share: string): void {
    this.#init.ownKeys.remove(share)
    for (const announcer of this.#init.announcers) announcer.withdraw(share)
  }

  publicationStatus(share: string): PublicationStatus | undefined {
    let best: PublicationStatus | undefined
    for (const announcer of this.#init.announcers) {
      const status = announcer.status(share)
      if (status !== undefined && (best === undefined || status.announced > best.announced)) best = status
    }
    return best
  }

  announcing(): AnnouncingStatus[] {
    return this.#init.announcers.map((announcer) => announcer.summary())
  }
}
