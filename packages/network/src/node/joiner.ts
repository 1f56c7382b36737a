import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Clock, Rng } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { isMultiaddr, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { DhtLane } from '../dht/dht-lane.ts'
import { CONNECTIONS, JOIN } from '../limits/index.ts'
import { boundedSignal } from '../dht/signals.ts'
import { reasonOf } from '../errors.ts'
import { chooseRemembered } from './remembered-peers.ts'

/** What {@link Joiner} is made of. */
export interface JoinerInit {
  node: Pick<Libp2p, 'dial' | 'peerStore' | 'getPeers' | 'peerId'>
  lanes: readonly { lane: DhtLane }[]
  /** Multiaddrs, checked and in scope. */
  bootstrap: readonly string[]
  clock: Clock
  rng: Rng
  log: Log
}

type DialTarget = Multiaddr | Multiaddr[] | PeerId

/**
 * Gets the node into its network: dials bootstrap peers and DHT servers of the last run at start,
 * and both again, soon while we know no server; bootstrap peers every five minutes in any case
 * (reliability.md D5).
 */
export class Joiner {
  readonly #init: JoinerInit
  #running: AbortController | undefined
  #cancel: (() => void) | undefined
  #retry: number = JOIN.firstRetry
  #lastTry = 0
  #lastFailure: string | undefined
  #discovered = { minute: 0, count: 0 }

  constructor(init: JoinerInit) {
    this.#init = init
  }

  /** Why the last dial of a bootstrap peer failed, in a few words. */
  get lastFailure(): string | undefined {
    return this.#lastFailure
  }

  start(): void {
    this.#running = new AbortController()
    this.#lastTry = this.#init.clock.now()
    void this.#dialAll([...this.#init.bootstrap.map((text) => multiaddr(text))])
    void this.#dialRemembered()
    this.#arm()
  }

  /** Connections may have ended, and other peers may be near: looks for the network as at the start. */
  moved(): void {
    if (this.#running === undefined) return
    this.#retry = JOIN.firstRetry
    this.#lastTry = this.#init.clock.now()
    void this.#dialAll(this.#init.bootstrap.map((text) => multiaddr(text)))
    void this.#dialRemembered()
    this.#cancel?.()
    this.#arm()
  }

  stop(): void {
    this.#cancel?.()
    this.#running?.abort()
    this.#running = undefined
  }

  /** Dials a peer, or addresses of one, announced on the LAN; a flood of names costs a bounded number of dials. */
  discovered(peer: PeerId | Multiaddr[]): void {
    const minute = Math.floor(this.#init.clock.now() / 60_000)
    if (minute !== this.#discovered.minute) this.#discovered = { minute, count: 0 }
    if (++this.#discovered.count > JOIN.discoveredPerMinute) return
    if (!Array.isArray(peer) && peer.equals(this.#init.node.peerId)) return
    void this.#dialAll([peer])
  }

  #arm(): void {
    if (this.#running === undefined) return
    this.#cancel = this.#init.clock.after(this.#retry as never, () => {
      const lonely = this.#init.lanes.every(({ lane }) => lane.size === 0)
      const now = this.#init.clock.now()
      if (lonely || now - this.#lastTry >= JOIN.interval) {
        this.#lastTry = now
        void this.#dialAll(this.#init.bootstrap.map((text) => multiaddr(text)))
      }
      // Others of them than at the start: the choice is by chance.
      if (lonely) void this.#dialRemembered()
      this.#retry = Math.min(this.#retry * 2, JOIN.maxRetry)
      this.#arm()
    })
  }

  /** Peers of the last run that speak one of our DHTs. */
  async #dialRemembered(): Promise<void> {
    try {
      const protocols = new Set(this.#init.lanes.map(({ lane }) => lane.profile.protocol))
      const peers = await this.#init.node.peerStore.all({
        filters: [(peer) => peer.protocols.some((protocol) => protocols.has(protocol))]
      })
      await this.#dialAll(chooseRemembered(peers, this.#init.rng).map((peer) => peer.id))
    } catch (error) {
      this.#init.log.debug({ error: reasonOf(error) }, 'no remembered peers')
    }
  }

  async #dialAll(targets: DialTarget[]): Promise<void> {
    const queue = [...targets]
    const work = async (): Promise<void> => {
      for (let target = queue.shift(); target !== undefined; target = queue.shift()) await this.#dial(target)
    }
    await Promise.all(Array.from({ length: Math.min(JOIN.concurrency, queue.length) }, work))
  }

  async #dial(target: DialTarget): Promise<void> {
    if (this.#running === undefined) return
    const bounded = boundedSignal(this.#running.signal, CONNECTIONS.dialTimeout)
    try {
      await this.#init.node.dial(target, { signal: bounded.signal })
    } catch (error) {
      const reason = reasonOf(error)
      // One multiaddr is that of a bootstrap peer.
      if (isMultiaddr(target)) this.#lastFailure = reason
      this.#init.log.debug({ target: target.toString(), error: reason }, 'could not connect')
    } finally {
      bounded.release()
    }
  }
}
