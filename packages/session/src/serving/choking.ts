import type { Bitfield, CancelTimer, Clock, Millis, Rng } from '@p2pshare/base'
import { millis } from '@p2pshare/base'
import { Choker, type ChokerEvent, type ChokerSnapshot } from '@p2pshare/engine'
import type { Catalogue, PeerName } from '@p2pshare/ports'
import type { PieceRun, RefuseReason } from '@p2pshare/wire'
import { Ledger } from './ledger.ts'
import type { LinkPeer } from '../peers/link-peer.ts'
import type { LinkTable } from '../peers/link-table.ts'
import type { SessionSettings } from '../settings.ts'

/** Pieces whose last taker is remembered for one share. */
const MOST_GIVEN = 4096
/** The ledger is written this often, in ms. */
const SAVE_EVERY = 60_000

/** What {@link Choking} works with. */
export interface ChokingParts {
  catalogue: Catalogue
  clock: Clock
  rng: Rng
  links: LinkTable
  settings?: SessionSettings | undefined
}

/**
 * Tells the engine's choker what goes on between us and each peer, and executes what it decides:
 * `choke` messages, and the refusal of what a choked peer still waits for.
 */
export class Choking {
  readonly #choker: Choker
  readonly #ledger: Ledger
  readonly #clock: Clock
  readonly #links: LinkTable
  readonly #antiLeech: boolean
  /** Of the shares we seed: who got which piece from us last. */
  readonly #given = new Map<string, Map<number, PeerName>>()
  #refuse: (peer: PeerName, cid: string) => void = () => {}
  #timer: CancelTimer | undefined
  #timerAt: Millis | undefined
  #savedAt: Millis

  constructor({ catalogue, clock, rng, links, settings = {} }: ChokingParts) {
    this.#antiLeech = settings.antiLeech ?? false
    this.#choker = new Choker({ rng, antiLeech: this.#antiLeech })
    this.#ledger = new Ledger(catalogue.values('ledger'))
    this.#clock = clock
    this.#links = links
    this.#savedAt = clock.now()
    this.#tell({ kind: 'slots', slots: settings.uploadSlots })
  }

  /** Names who refuses the requests that wait for a peer and share when they are choked. */
  onChoke(refuse: (peer: PeerName, cid: string) => void): void {
    this.#refuse = refuse
  }

  get snapshot(): ChokerSnapshot {
    return this.#choker.snapshot()
  }

  /** What the peer was told last; who is new is unchoked. */
  isChoked(peer: PeerName, cid: string): boolean {
    return this.#choker.isChoked(peer, cid)
  }

  /**
   * Whether a request for content of a share is to be refused, and how. Who asks is interested,
   * whatever it said: silence is no way around waiting for a slot. Who takes no part in the share
   * (it asks by hash) can be told of no slot, and is served while one is free.
   */
  refusal(peer: PeerName, cid: string): RefuseReason | undefined {
    if (!this.#choker.knows(peer, cid)) return this.#choker.hasFreeSlot ? undefined : 'busy'
    this.interest(peer, cid, true)
    return this.#choker.isChoked(peer, cid) ? 'choked' : undefined
  }

  joined(peer: LinkPeer, cid: string, seeding: boolean): void {
    this.seeding(cid, seeding)
    this.#tell({ kind: 'joined', peer: peer.name, share: cid, credit: this.#ledger.credit(peer.name) })
  }

  left(peer: PeerName, cid: string): void {
    this.#tell({ kind: 'left', peer, share: cid })
  }

  interest(peer: PeerName, cid: string, interested: boolean): void {
    this.#tell({ kind: 'interest', peer, share: cid, interested })
  }

  /** Whether we have all of a share. */
  seeding(cid: string, seeding: boolean): void {
    this.#tell({ kind: 'seeding', share: cid, seeding })
  }

  received(peer: PeerName, cid: string, bytes: number): void {
    this.#ledger.gave(peer, bytes)
    this.#tell({ kind: 'received', peer, share: cid, bytes })
  }

  /** @param piece - what was sent belongs to it; undefined when it was asked for by hash */
  sent(peer: PeerName, cid: string, bytes: number, piece: number | undefined): void {
    this.#ledger.took(peer, bytes)
    this.#tell({ kind: 'sent', peer, share: cid, bytes })
    if (piece !== undefined) this.#remember(cid, piece, peer)
  }

  /** A peer says what it has now: who got that from us before has passed it on. */
  announced(peer: PeerName, cid: string, map: Bitfield, added: readonly PieceRun[]): void {
    if (map.length > 0) this.#tell({ kind: 'progress', peer, share: cid, progress: map.count / map.length })
    const given = this.#given.get(cid)
    if (given === undefined) return
    for (const { start, count } of added) {
      for (let piece = start; piece < start + Math.min(count, MOST_GIVEN); piece++) {
        const giver = given.get(piece)
        if (giver === undefined || giver === peer) continue
        given.delete(piece)
        this.#tell({ kind: 'passed-on', peer: giver, share: cid, pieces: 1 })
      }
    }
  }

  /** The share is gone. */
  forget(cid: string): void {
    this.#given.delete(cid)
    this.seeding(cid, false)
  }

  /** Housekeeping, once a second. */
  tick(): void {
    if (this.#clock.now() - this.#savedAt < SAVE_EVERY) return
    this.#savedAt = this.#clock.now()
    this.#ledger.save()
  }

  stop(): void {
    this.#timer?.()
    this.#ledger.save()
  }

  #remember(cid: string, piece: number, peer: PeerName): void {
    const given = this.#given.get(cid) ?? new Map<number, PeerName>()
    this.#given.set(cid, given)
    given.delete(piece)
    given.set(piece, peer)
    const [oldest] = given.keys()
    if (given.size > MOST_GIVEN && oldest !== undefined) given.delete(oldest)
  }

  #tell(event: ChokerEvent): void {
    this.#choker.handle(event, this.#clock.now())
    for (const { peer, share, choked } of this.#choker.takeEffects()) {
      const link = this.#links.find(peer)
      const slot = link?.slotFor(share)
      if (slot !== undefined) link?.send({ type: 'choke', slot, choked })
      if (choked) this.#refuse(peer, share)
    }
    this.#arm()
  }

  #arm(): void {
    const at = this.#choker.nextWake()
    if (at === this.#timerAt) return
    this.#timer?.()
    this.#timerAt = at
    if (at === undefined) return
    this.#timer = this.#clock.after(millis(Math.max(0, at - this.#clock.now())), () => {
      this.#timerAt = undefined
      this.#tell({ kind: 'tick' })
    })
  }
}
