import { type Millis, MINUTE } from '@p2pshare/base'
import type { PeerName } from '@p2pshare/ports'
import type { NodeParts } from '../node-parts.ts'
import type { FindingLog } from './finding-log.ts'

/** Connected peers that are being asked at a time. */
const PARALLEL = 8
/** A peer that lacked the share is asked again after this. */
const ASK_AGAIN = 5 * MINUTE
/** Peers whose asking is remembered. */
const MOST = 1000

/** What asking neighbours needs of the finder. */
export interface NeighbourSearchInit {
  log: FindingLog
  isMember(peer: PeerName): boolean
  /** Opens a link and says that we take part; resolves when that is done or has failed. Never rejects. */
  ask(peer: PeerName): Promise<void>
}

/**
 * Asks who is connected anyway for the share: two round trips, where a search in a DHT takes more. Goes on while
 * peers are needed, since others connect meanwhile (by mDNS, for another share); runs beside all other sources.
 */
export class NeighbourSearch {
  readonly #parts: NodeParts
  readonly #init: NeighbourSearchInit
  readonly #asked = new Map<PeerName, Millis>()
  #running = 0

  constructor(parts: NodeParts, init: NeighbourSearchInit) {
    this.#parts = parts
    this.#init = init
  }

  reset(): void {
    this.#asked.clear()
  }

  tick(): void {
    const { network, trust, clock } = this.#parts
    const now = clock.now()
    let members = 0
    for (const peer of network.neighbours()) {
      const isMember = this.#init.isMember(peer)
      if (isMember) members++
      const last = this.#asked.get(peer)
      if (isMember || this.#running >= PARALLEL || (last !== undefined && now - last < ASK_AGAIN)) continue
      if (!trust.isBanned(peer)) this.#ask(peer, now)
    }
    if (this.#asked.size > 0 && this.#running === 0)
      this.#init.log.settle(
        'neighbours',
        { outcome: members > 0 ? 'found' : 'nobody', providers: members },
        now
      )
  }

  #ask(peer: PeerName, now: Millis): void {
    this.#remember(peer, now)
    this.#init.log.asking('neighbours', now)
    this.#running++
    void this.#init.ask(peer).finally(() => this.#running--)
  }

  #remember(peer: PeerName, now: Millis): void {
    this.#asked.delete(peer)
    this.#asked.set(peer, now)
    const [oldest] = this.#asked.keys()
    if (this.#asked.size > MOST && oldest !== undefined) this.#asked.delete(oldest)
  }
}
