import type { Bitfield } from '@p2pshare/base'
import { Bitfield as Bits, pieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import { SuperSeeding, type SuperSeedEffect, type SuperSeedEvent } from '@p2pshare/engine'
import type { ShareRecord } from '@p2pshare/ports'
import { pieceDeltas } from '@p2pshare/wire'
import type { NodeParts } from '../node-parts.ts'
import type { SharePeers } from '../peers/share-peers.ts'

/** What super-seeding needs of the share. */
export interface SuperSeederOwner {
  readonly cid: string
  readonly layout: ShareLayout
  readonly peers: SharePeers
  /** Pieces begin, or no longer are, shown one by one: whom to serve is decided by that alone. */
  onMasked(masked: boolean): void
}

/**
 * Whether a complete share is to be super-seeded: with `auto` one that came from here and not
 * from peers. A share of one piece has nothing to hand out.
 */
export function superSeeds(parts: Pick<NodeParts, 'settings'>, record: Readonly<ShareRecord>): boolean {
  const setting = parts.settings?.superSeed ?? 'auto'
  if (!record.complete || record.pieces < 2 || setting === 'off') return false
  return setting === 'on' || record.downloaded === 0
}

/** Tells the engine's super-seeding what peers of a complete share do, and peers what it shows them. */
export class SuperSeeder {
  readonly #machine: SuperSeeding
  readonly #parts: Pick<NodeParts, 'clock' | 'log'>
  readonly #owner: SuperSeederOwner
  readonly #all: Bitfield

  constructor(parts: Pick<NodeParts, 'clock' | 'log' | 'rng'>, owner: SuperSeederOwner) {
    const { layout } = owner
    this.#parts = parts
    this.#owner = owner
    this.#all = Bits.full(layout.pieceCount)
    this.#machine = new SuperSeeding({
      pieces: layout.pieceCount,
      size: (piece) => layout.blockSize(pieceIndex(piece)),
      rng: parts.rng
    })
  }

  /** Whether peers see only what they are offered. */
  get masked(): boolean {
    return this.#machine.mode === 'masked'
  }

  /** Takes up peers that were there before. */
  start(): void {
    for (const { peer, holder, pieces } of [...this.#owner.peers.all()]) {
      if (holder) continue
      this.tell({ kind: 'joined', peer: peer.name })
      if (pieces !== undefined) this.tell({ kind: 'pieces', peer: peer.name, pieces })
    }
  }

  tell(event: SuperSeedEvent): void {
    const before = this.#machine.mode
    this.#machine.handle(event, this.#parts.clock.now())
    const { mode } = this.#machine
    if (mode !== before) {
      this.#parts.log.info({ cid: this.#owner.cid, mode, unseen: this.#machine.unseen }, 'super-seeding')
      this.#owner.onMasked(mode === 'masked')
    }
    for (const effect of this.#machine.takeEffects()) this.#run(effect)
  }

  #run(effect: SuperSeedEffect): void {
    const peer = this.#owner.peers.find(effect.peer)?.peer
    const slot = peer?.slotFor(this.#owner.cid)
    if (peer === undefined || slot === undefined) return
    if (effect.kind === 'show') peer.send({ type: 'piece-map', slot, pieces: this.#map(effect.pieces) })
    else {
      const added = effect.added.map((piece) => pieceIndex(piece))
      const removed = effect.removed.map((piece) => pieceIndex(piece))
      for (const delta of pieceDeltas(slot, added, removed)) peer.send(delta)
    }
  }

  #map(pieces: readonly number[] | undefined): Bitfield {
    if (pieces === undefined) return this.#all
    const map = new Bits(this.#all.length)
    for (const piece of pieces) map.set(piece)
    return map
  }
}
