import type { Clock, Millis } from '@p2pshare/base'
import { TrustLedger, type TrustOffence } from '@p2pshare/engine'
import type { Catalogue, Log, PeerName, PeerNetwork } from '@p2pshare/ports'
import type { LinkPeer } from './link-peer.ts'
import type { LinkTable } from './link-table.ts'

/**
 * Executes the ledger's verdicts: bans are kept in the catalogue by wall time (they outlive the
 * process), the banned peer's connections end, and the network asks here before it lets anyone in.
 */
export class TrustKeeper {
  readonly #ledger = new TrustLedger()
  readonly #catalogue: Catalogue
  readonly #network: PeerNetwork
  readonly #links: LinkTable
  readonly #clock: Clock
  readonly #log: Log

  constructor(parts: {
    catalogue: Catalogue
    network: PeerNetwork
    links: LinkTable
    clock: Clock
    log: Log
  }) {
    this.#catalogue = parts.catalogue
    this.#network = parts.network
    this.#links = parts.links
    this.#clock = parts.clock
    this.#log = parts.log.child('trust')
  }

  /** Takes up the bans of earlier runs and begins to guard the network. */
  start(): void {
    const now = this.#clock.now()
    const wall = this.#clock.wallTime()
    const standing = []
    for (const { peer, until } of this.#catalogue.bans()) {
      if (until <= wall) this.#catalogue.removeBan(peer)
      else standing.push({ peer, forMs: until - wall })
    }
    this.#ledger.restore(standing, now)
    this.#network.setAdmission((peer) => !this.isBanned(peer))
  }

  /** How many peers are banned now. */
  get banned(): number {
    return this.#ledger.bans(this.#clock.now()).length
  }

  isBanned(peer: PeerName): boolean {
    return this.#ledger.isBanned(peer, this.#clock.now())
  }

  /** Counts an offence; answers until when the peer is not to be asked, if the verdict is a rest. */
  strike(peer: PeerName, offence: TrustOffence): Millis | undefined {
    const verdict = this.#ledger.strike(peer, offence, this.#clock.now())
    if (verdict.kind === 'rest') {
      this.#log.warn({ peer, offence }, 'peer misbehaved: not asked for a while')
      return verdict.until
    }
    if (verdict.kind === 'ban') this.#ban(peer, offence, verdict.forMs)
    return undefined
  }

  /** Sends a peer away that does far too much of what is harmless once; a minute later it may come again. */
  endChatter(peer: LinkPeer, text: string): void {
    if (peer.closed) return
    peer.close('limit-exceeded', text)
    this.strike(peer.name, 'chatter')
  }

  #ban(peer: PeerName, offence: TrustOffence, duration: Millis): void {
    this.#log.warn({ peer, offence, minutes: Math.round(duration / 60_000) }, 'peer banned')
    this.#catalogue.putBan(peer, this.#clock.wallTime() + duration, offence)
    this.#links.find(peer)?.close('banned', offence)
    this.#network.disconnect(peer).catch((error: unknown) => {
      this.#log.debug({ peer, error: String(error) }, 'could not close the connection of a banned peer')
    })
  }
}
