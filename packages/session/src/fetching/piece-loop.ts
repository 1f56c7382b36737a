import { bytes, type CancelTimer, type Millis, millis, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import {
  createSwarm,
  type Swarm,
  type SwarmEffect,
  type SwarmEvent,
  type SwarmSnapshot
} from '@p2pshare/engine'
import type { PieceStore } from '@p2pshare/ports'
import { pieceDeltas } from '@p2pshare/wire'
import { equals } from 'uint8arrays/equals'
import type { LinkPeer } from '../peers/link-peer.ts'
import type { NodeParts } from '../node-parts.ts'
import type { CancelRequest } from '../peers/outstanding.ts'
import type { Outgoing } from '../peers/participant.ts'
import { PieceBuffers, type RangeWriter } from './piece-buffers.ts'

type RequestEffect = Extract<SwarmEffect, { kind: 'request' }>

/** What the loop tells the share it works for. */
export interface PieceLoopOwner {
  readonly cid: string
  readonly layout: ShareLayout
  readonly store: PieceStore
  /** A joined peer, or a holder of single pieces. */
  peer(name: string): LinkPeer | undefined
  /** Peers that are to hear of new pieces. */
  subscribers(): Iterable<LinkPeer>
  onReceived(bytes: number): void
  /** Nobody connected has these. */
  onSeek(pieces: readonly PieceIndex[]): void
  onStoreFailed(error: unknown): void
  /** The piece is on disk. */
  onStored(piece: PieceIndex): void
  /** All that is wanted is here, but not all there is. */
  onSelected(): void
  onComplete(): void
}

/**
 * The one loop of a fetching share: event in, the swarm decides, its effects run on the ports, one
 * timer is armed. Effects may cause further events; those wait their turn.
 */
export class PieceLoop {
  readonly #parts: NodeParts
  readonly #owner: PieceLoopOwner
  readonly #swarm: Swarm
  readonly #buffers: PieceBuffers
  readonly #running = new Map<number, CancelRequest>()
  readonly #queue: (readonly SwarmEvent[])[] = []
  /** Stored pieces that the swarm hears of before this tick ends. */
  readonly #soon: SwarmEvent[] = []
  /** Pieces that came together, to be hashed. */
  readonly #unverified: PieceIndex[] = []
  #busy = false
  #stopped = false
  #timer: CancelTimer | undefined
  #timerAt: Millis | undefined

  constructor(parts: NodeParts, owner: PieceLoopOwner) {
    this.#parts = parts
    this.#owner = owner
    this.#buffers = new PieceBuffers((piece) => owner.layout.blockSize(piece), parts.allocate)
    this.#swarm = createSwarm({
      layout: owner.layout,
      have: owner.store.have,
      rng: parts.rng,
      budget: parts.budget,
      buffers: parts.buffers
    })
  }

  /** Figures for display. */
  snapshot(): SwarmSnapshot {
    return this.#swarm.snapshot()
  }

  /** Tells the swarm what happened. */
  post(...events: SwarmEvent[]): void {
    this.#take(events)
  }

  #take(events: readonly SwarmEvent[]): void {
    if (this.#stopped) return
    this.#queue.push(events)
    if (this.#busy) return
    this.#busy = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#swarm.handleAll(next, this.#parts.clock.now())
        for (const effect of this.#swarm.takeEffects()) this.#run(effect)
        if (this.#unverified.length > 0) void this.#verify(this.#unverified.splice(0))
      }
    } finally {
      this.#busy = false
    }
    this.#arm()
  }

  /** As {@link post}, together with what else is stored in this tick: small pieces are by the hundred. */
  #postSoon(event: SwarmEvent): void {
    if (this.#soon.push(event) === 1) queueMicrotask(() => this.#take(this.#soon.splice(0)))
  }

  /** Takes all requests back and hears nothing any more. */
  stop(): void {
    if (this.#stopped) return
    this.post({ kind: 'running', running: false })
    this.#stopped = true
    this.#swarm.end()
    this.#timer?.()
    for (const cancel of [...this.#running.values()]) cancel()
    this.#running.clear()
  }

  #arm(): void {
    const at = this.#stopped ? undefined : this.#swarm.nextWake()
    if (at === this.#timerAt) return
    this.#timer?.()
    this.#timerAt = at
    if (at === undefined) {
      this.#timer = undefined
      return
    }
    const wait = Math.max(0, at - this.#parts.clock.now())
    this.#timer = this.#parts.clock.after(millis(wait), () => {
      this.#timerAt = undefined
      this.post({ kind: 'tick' })
    })
  }

  #run(effect: SwarmEffect): void {
    switch (effect.kind) {
      case 'request':
        return this.#request(effect)
      case 'cancel':
        return this.#running.get(effect.id)?.()
      case 'verify':
        return void this.#unverified.push(effect.piece)
      case 'write':
        return void this.#write(effect.piece)
      case 'release':
        return this.#buffers.release(effect.piece)
      case 'interest':
        return this.#tellInterest(effect.peer, effect.interested)
      case 'announce':
        return this.#announce(effect.added, effect.removed)
      case 'strike':
        return this.#strike(effect)
      case 'drop-peer':
        return this.#owner.peer(effect.peer)?.close(effect.code, effect.text)
      case 'seek':
        return this.#owner.onSeek(effect.pieces)
      case 'selection-complete':
        return this.#owner.onSelected()
      case 'complete':
        return this.#owner.onComplete()
    }
  }

  #request(effect: RequestEffect): void {
    const peer = this.#owner.peer(effect.peer)
    if (peer === undefined || peer.closed) {
      this.post({ kind: 'peer-left', peer: effect.peer })
      return
    }
    const slot = peer.shares(this.#owner.cid) ? peer.slotFor(this.#owner.cid) : undefined
    if (slot === undefined) return this.#requestBlocks(effect, peer)
    const { piece, count, offset, length } = effect
    const writer = this.#buffers.writer(piece, count, offset, length)
    const work = this.#work(effect, length, writer, () => this.#arrived(effect))
    const cancel = peer.ask((id) => ({ type: 'request', id, slot, piece, count, offset, length }), work)
    if (this.#running.has(effect.id)) this.#running.set(effect.id, cancel)
  }

  /** From a peer that has these blocks, but not this share: each piece by its hash. */
  #requestBlocks(effect: RequestEffect, peer: LinkPeer): void {
    let open = effect.count
    const cancels: CancelRequest[] = []
    this.#running.set(effect.id, () => {
      for (const cancel of cancels) cancel()
    })
    for (let i = 0; i < effect.count; i++) {
      const piece = pieceIndex(effect.piece + i)
      const length = effect.count > 1 ? this.#owner.layout.blockSize(piece) : effect.length
      const writer = this.#buffers.writer(piece, 1, effect.offset, length)
      const work = this.#work(effect, length, writer, () => {
        open--
        if (open === 0) this.#arrived(effect)
      })
      const digest = this.#owner.layout.digest(piece)
      const message = { type: 'block-request', digest, offset: effect.offset, length } as const
      cancels.push(peer.ask((id) => ({ ...message, id }), work))
    }
  }

  #work(effect: RequestEffect, length: number, writer: RangeWriter, done: () => void): Outgoing {
    this.#running.set(effect.id, this.#running.get(effect.id) ?? (() => {}))
    return {
      share: this.#owner.cid,
      exact: bytes(length),
      most: bytes(length),
      open: () => writer.open(),
      progress: (n) => {
        this.#owner.onReceived(n)
        this.#parts.choking.received(effect.peer, this.#owner.cid, n)
        this.post({ kind: 'data-progress', peer: effect.peer, bytes: bytes(n) })
      },
      arrived: () => {
        writer.arrived()
        writer.ended()
        done()
      },
      refused: (reason) => {
        writer.ended()
        if (this.#running.delete(effect.id)) {
          this.post({ kind: 'refused', peer: effect.peer, id: effect.id, reason })
        }
      },
      lost: () => {
        writer.ended()
        this.#running.delete(effect.id)
      }
    }
  }

  #arrived(effect: RequestEffect): void {
    if (!this.#running.delete(effect.id)) return
    this.post({ kind: 'data-arrived', peer: effect.peer, id: effect.id })
  }

  async #verify(pieces: readonly PieceIndex[]): Promise<void> {
    const { layout } = this.#owner
    const digests = await Promise.all(pieces.map((piece) => this.#parts.hasher(this.#buffers.seal(piece))))
    this.#take(
      digests.map((digest, i) => {
        const piece = pieces[i] as PieceIndex
        return { kind: 'piece-verified', piece, ok: equals(digest, layout.digest(piece)) }
      })
    )
  }

  async #write(piece: PieceIndex): Promise<void> {
    try {
      await this.#owner.store.write(piece, this.#buffers.seal(piece))
    } catch (error) {
      this.post({ kind: 'store-failed', piece })
      if (!this.#stopped) this.#owner.onStoreFailed(error)
      return
    }
    this.#postSoon({ kind: 'piece-stored', piece })
    this.#owner.onStored(piece)
  }

  #tellInterest(name: string, interested: boolean): void {
    const peer = this.#owner.peer(name)
    const slot = peer?.slotFor(this.#owner.cid)
    if (slot !== undefined) peer?.send({ type: 'interest', slot, interested })
  }

  #announce(added: readonly PieceIndex[], removed: readonly PieceIndex[]): void {
    for (const peer of this.#owner.subscribers()) {
      const slot = peer.slotFor(this.#owner.cid)
      if (slot === undefined) continue
      for (const delta of pieceDeltas(slot, added, removed)) peer.send(delta)
    }
  }

  #strike(effect: Extract<SwarmEffect, { kind: 'strike' }>): void {
    const rest = this.#parts.trust.strike(effect.peer, effect.offence)
    if (rest !== undefined) this.post({ kind: 'peer-resting', peer: effect.peer, until: rest })
  }
}
