import { type Millis, millis } from '@p2pshare/base'
import { type ProvisionKind, searchPause } from '@p2pshare/engine'
import type { ContentKey, FindReport, Provider } from '@p2pshare/ports'
import type { NodeParts } from '../node-parts.ts'
import type { FindingLog } from './finding-log.ts'
import { limitedSignal } from './limited-signal.ts'

/** How long one search of a DHT may take. */
export const SEARCH_TIMEOUT = millis(60_000)

/** What a search works for. */
export interface SourceSearchInit {
  source: Provider['source']
  key: ContentKey
  log: FindingLog
  onProvider(provider: Provider): void
  onReport(report: FindReport): void
}

/** Asks one DHT for a share again and again, the sooner the more it is needed; never waits for another one. */
export class SourceSearch {
  readonly #parts: NodeParts
  readonly #init: SourceSearchInit
  #running = false
  #kind: ProvisionKind = 'alone'
  /** Searches since the provision was of another kind. */
  #searches = 0
  #endedAt: Millis | undefined

  constructor(parts: NodeParts, init: SourceSearchInit) {
    this.#parts = parts
    this.#init = init
  }

  /** The share begins to look for peers, maybe again. */
  reset(): void {
    this.#kind = 'alone'
    this.#searches = 0
    this.#endedAt = undefined
  }

  /** Searches if it is time to; called often. */
  tick(kind: ProvisionKind, stopped: AbortSignal): void {
    if (kind !== this.#kind) this.#searches = Math.min(this.#searches, 1)
    this.#kind = kind
    if (!this.#running && this.#parts.clock.now() >= this.#nextAt()) void this.#search(stopped)
    else if (!this.#running) this.#init.log.next(this.#init.source, this.#nextAt())
  }

  #nextAt(): Millis {
    if (this.#endedAt === undefined) return millis(0)
    return millis(this.#endedAt + searchPause(this.#kind, this.#searches))
  }

  async #search(stopped: AbortSignal): Promise<void> {
    const { clock, directory, log } = this.#parts
    const { source, key } = this.#init
    this.#running = true
    this.#init.log.asking(source, clock.now())
    const { signal, end } = limitedSignal(stopped, SEARCH_TIMEOUT, clock)
    try {
      const onReport = (report: FindReport): void => this.#init.onReport(report)
      for await (const provider of directory.find(key, { signal, only: source, onReport }))
        this.#init.onProvider(provider)
    } catch (error) {
      log.debug({ source, error }, 'search failed')
      this.#init.onReport({ source, outcome: 'failed', providers: 0 })
    } finally {
      end()
      this.#running = false
      this.#searches++
      this.#endedAt = clock.now()
      this.#init.log.next(source, this.#nextAt())
    }
  }
}
