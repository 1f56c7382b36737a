import type { Clock } from '@p2pshare/base'
import { MINUTE } from '@p2pshare/base'
import type { PeerName } from '@p2pshare/ports'

/** Names kept; anybody in the LAN can make up as many as it likes. */
const MOST = 256
/** How long a name counts; mDNS asks again every ten seconds. */
const RECENT = 10 * MINUTE

/** Peers that were heard of lately, newest last. */
export class RecentPeers {
  readonly #clock: Pick<Clock, 'now'>
  readonly #heard = new Map<PeerName, number>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Notes a peer, and gives it back. */
  add<P extends { toString(): PeerName }>(peer: P): P {
    const name = peer.toString()
    this.#heard.delete(name)
    this.#heard.set(name, this.#clock.now())
    const [oldest] = this.#heard.keys()
    if (this.#heard.size > MOST && oldest !== undefined) this.#heard.delete(oldest)
    return peer
  }

  get names(): PeerName[] {
    const now = this.#clock.now()
    for (const [peer, at] of this.#heard) if (now - at > RECENT) this.#heard.delete(peer)
    return [...this.#heard.keys()]
  }
}
