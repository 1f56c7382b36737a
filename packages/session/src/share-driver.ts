import { Bitfield, isShareError, type PieceIndex, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import { RateMeter } from '@p2pshare/engine'
import type { PieceStore, ShareRecord, ShareState } from '@p2pshare/ports'
import type { PieceRun, RefuseReason } from '@p2pshare/wire'
import { DiskWait } from './disk-wait.ts'
import { IndexLoop } from './index-loop.ts'
import type { LinkPeer } from './link-peer.ts'
import type { NodeParts } from './node-parts.ts'
import type { Participant, PieceRange } from './participant.ts'
import { PieceLoop } from './piece-loop.ts'
import { publicationOf } from './publication.ts'
import { ShareFinder } from './share-finder.ts'
import { loadLayout } from './share-layouts.ts'
import { applyDelta, SharePeers } from './share-peers.ts'
import { ShareProgress } from './share-progress.ts'

/** What the share is busy with, finer than its state. */
export type ShareStage = 'idle' | 'index' | 'opening' | 'pieces' | 'finishing' | 'checking'

/** A user's pause is kept in the catalogue; anything else that stops a share is said here. */
interface Block {
  state: ShareState
  reason: string
}

/**
 * One share: fetches its index, then its pieces, then seeds it; answers its peers in every stage.
 * All its work runs on the ports; decisions are the engine's.
 */
export class ShareDriver implements Participant {
  readonly cid: string
  readonly record: ShareRecord
  readonly peers: SharePeers = new SharePeers()
  readonly finder: ShareFinder
  readonly rateUp: RateMeter = new RateMeter()
  readonly rateDown: RateMeter = new RateMeter()
  readonly #parts: NodeParts
  readonly #root: Uint8Array
  readonly #listeners = new Set<() => void>()
  readonly #diskWait: DiskWait
  #stage: ShareStage = 'idle'
  #layout: ShareLayout | undefined
  #progress: ShareProgress | undefined
  #store: PieceStore | undefined
  #opening: Promise<PieceStore> | undefined
  #index: IndexLoop | undefined
  #pieces: PieceLoop | undefined
  #block: Block | undefined
  #failure: ShareError | undefined
  #checked: { done: number; total: number } | undefined
  #run = 0
  #saveDue = false

  /** @param root - the root CID's bytes */
  constructor(parts: NodeParts, record: ShareRecord, root: Uint8Array) {
    this.#parts = { ...parts, log: parts.log.child('share') }
    this.record = record
    this.cid = record.cid
    this.#root = root
    this.finder = new ShareFinder(this.#parts, this)
    this.#diskWait = new DiskWait(parts, () => this.#resumeFromDisk())
  }

  get root(): Uint8Array {
    return this.#root
  }

  get stage(): ShareStage {
    return this.#stage
  }

  /** The state as users see it, with its reason. */
  get state(): { state: ShareState; reason: string | undefined } {
    if (this.#stage === 'checking') return { state: 'checking', reason: undefined }
    return this.#block ?? { state: this.record.state, reason: this.record.reason }
  }

  /** Why the share is in state `error`. */
  get failure(): ShareError | undefined {
    return this.#failure
  }

  get layout(): ShareLayout | undefined {
    return this.#layout
  }

  get have(): Bitfield | undefined {
    return this.#store?.have ?? (this.record.complete ? Bitfield.full(this.record.pieces) : undefined)
  }

  /** Content bytes on disk and verified. */
  get done(): number {
    if (this.record.complete) return this.record.size
    return this.#store === undefined || this.#progress === undefined ? 0 : this.#progress.done(this.#store.have)
  }

  /** Index blocks that are here, and how many are known of. */
  get indexProgress(): { here: number; known: number } {
    return this.#index?.progress ?? { here: 0, known: 0 }
  }

  /** How far a check of all pieces is; undefined when none runs. */
  get checked(): { done: number; total: number } | undefined {
    return this.#checked
  }

  /** Calls back after each change of state or stage; the answer ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  // ---- what the user and the node ask for

  /** Takes up the work that the record says; after a restart, a resume, or a new job. */
  start(): void {
    if (this.#stage !== 'idle') return
    this.#failure = undefined
    this.#block = undefined
    if (this.record.state === 'paused' || this.record.state === 'error') return
    if (this.record.complete) this.#publish()
    else this.#guard('index', () => this.#fetchIndex())
  }

  pause(): void {
    this.#stop('paused')
    this.#setState('paused', undefined)
    this.#parts.directory.withdraw(this.cid)
  }

  resume(): void {
    if (this.record.state !== 'paused' && this.record.state !== 'error' && this.#block === undefined) return
    this.#diskWait.stop()
    this.#pieces?.post({ kind: 'running', running: true })
    if (this.#pieces !== undefined) this.#block = undefined
    this.#setState(this.record.complete ? 'seeding' : 'fetching', undefined)
    this.start()
  }

  /** Hashes every piece; resolves when checked. */
  async verify(signal?: AbortSignal): Promise<void> {
    if (this.#stage === 'checking') return
    this.#stop('busy')
    this.#setStage('checking')
    const run = this.#run
    try {
      const store = await this.open()
      await store.verify((done, total) => {
        this.#checked = { done, total }
      }, signal)
      if (run !== this.#run) return
      this.#setStage('idle')
      this.#afterCheck(store)
    } catch (error) {
      if (run === this.#run) this.#fail(error)
    } finally {
      this.#checked = undefined
    }
  }

  /** Ends all work and closes the files; the record stays. */
  async stop(): Promise<void> {
    this.#stop('unspecified')
    this.#save()
    this.#parts.directory.withdraw(this.cid)
    const store = this.#store
    this.#store = undefined
    await store?.close()
  }

  // ---- reading, for peers

  /** The store, opened when it is not; its layout is then known too. */
  open(): Promise<PieceStore> {
    if (this.#store !== undefined) return Promise.resolve(this.#store)
    this.#opening ??= this.#openStore().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /**
   * Reads for a peer. A file that is not what was shared puts the share into `error`.
   * @throws ShareError as `PieceStore.read`
   */
  async read(range: PieceRange): Promise<Uint8Array> {
    try {
      return await (await this.open()).read(range.piece, range.offset, range.length)
    } catch (error) {
      if (isShareError(error) && error.fault === 'disk') this.#fail(error)
      throw error
    }
  }

  hasPiece(piece: PieceIndex): boolean {
    return this.refusal() === undefined && this.have?.has(piece) === true
  }

  // ---- Participant

  refusal(): RefuseReason | undefined {
    if (this.#stage === 'checking') return 'busy'
    if (this.record.state === 'paused') return 'paused'
    return this.record.state === 'error' ? 'unavailable' : undefined
  }

  pieceMap(): Bitfield | undefined {
    return this.record.complete || this.#pieces !== undefined ? this.have : undefined
  }

  onJoined(peer: LinkPeer): void {
    this.peers.add(peer, false)
    peer.ping(BigInt(this.#parts.rng.uint32()) + 1n)
    this.#index?.join(peer)
    this.#pieces?.post({ kind: 'peer-joined', peer: peer.name, maxRequests: peer.link.maxRequests })
    this.finder.onJoined(peer.name)
    this.changed()
  }

  onLeft(peer: LinkPeer, refused: RefuseReason | undefined): void {
    if (refused !== undefined) this.finder.onLacks(peer.name)
    if (!this.peers.remove(peer)) return
    this.#index?.leave(peer)
    this.#pieces?.post({ kind: 'peer-left', peer: peer.name })
    this.finder.onLeft(peer.name)
    this.changed()
  }

  onPieces(peer: LinkPeer, pieces: Bitfield): void {
    const entry = this.peers.find(peer.name)
    if (entry === undefined) return
    if (this.#layout !== undefined && pieces.length !== this.#layout.pieceCount) {
      peer.close('protocol-error', `map of ${pieces.length} pieces, the share has ${this.#layout.pieceCount}`)
      return
    }
    entry.pieces = pieces
    this.#pieces?.post({ kind: 'peer-pieces', peer: peer.name, pieces })
    this.#partWhenBothComplete(peer, pieces)
  }

  onDelta(peer: LinkPeer, added: readonly PieceRun[], removed: readonly PieceRun[]): void {
    const map = this.peers.find(peer.name)?.pieces
    if (map === undefined || !applyDelta(map, added, removed)) {
      peer.close('protocol-error', 'change of a piece map that does not fit')
      return
    }
    this.#pieces?.post({ kind: 'peer-delta', peer: peer.name, added, removed })
    this.#partWhenBothComplete(peer, map)
  }

  onChoke(peer: LinkPeer, choked: boolean): void {
    this.#pieces?.post({ kind: 'peer-choking', peer: peer.name, choking: choked })
  }

  onRoundTrip(peer: LinkPeer): void {
    const rtt = peer.roundTrip
    if (rtt !== undefined) this.#pieces?.post({ kind: 'round-trip', peer: peer.name, rtt })
  }

  onUploaded(bytes: number): void {
    this.record.uploaded += bytes
    this.rateUp.add(bytes, this.#parts.clock.now())
    this.#saveDue = true
  }

  /** A peer that has some of our pieces as part of another share. */
  onHolder(peer: LinkPeer, pieces: Bitfield): void {
    if (this.#pieces === undefined || this.peers.find(peer.name) !== undefined) return
    this.peers.add(peer, true).pieces = pieces
    this.#pieces.post({ kind: 'peer-joined', peer: peer.name, maxRequests: peer.link.maxRequests })
    this.#pieces.post({ kind: 'peer-pieces', peer: peer.name, pieces })
  }

  /** Housekeeping, once a second: figures to the catalogue, round trips. */
  tick(): void {
    if (this.#saveDue) this.#save()
    for (const { peer } of this.peers.all()) {
      if (this.#pieces !== undefined) peer.ping(BigInt(this.#parts.rng.uint32()) + 1n)
    }
    this.finder.tick()
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  // ---- stages

  async #fetchIndex(): Promise<void> {
    const layout = loadLayout(this.#parts.catalogue, this.record)
    if (layout !== undefined) return this.#fetchPieces(layout)
    this.finder.start()
    this.#index = new IndexLoop(this.#parts, this, {
      onReceived: (n) => this.#onReceived(n),
      onSeek: (digests) => this.finder.seek(digests),
      onRefused: (error) => this.#fail(error),
      onDone: (found) => {
        this.#index = undefined
        this.#guard('opening', () => this.#fetchPieces(found))
      }
    })
    this.#index.start()
  }

  async #fetchPieces(layout: ShareLayout): Promise<void> {
    const run = this.#run
    this.#setStage('opening')
    this.#adopt(layout)
    await this.#parts.files.checkTarget(this.record.path, { size: layout.size - this.done, force: true })
    const store = await this.open()
    if (run !== this.#run) return
    if (store.have.isFull) return this.#finish()
    this.#setStage('pieces')
    this.finder.start()
    this.#pieces = new PieceLoop(this.#parts, this.#loopOwner(layout, store))
    for (const peer of this.peers.subscribers()) peer.tellPieces(this)
    for (const { peer, pieces } of this.peers.all()) {
      this.#pieces.post({ kind: 'peer-joined', peer: peer.name, maxRequests: peer.link.maxRequests })
      if (pieces !== undefined) this.onPieces(peer, pieces)
    }
    this.#publish()
  }

  #loopOwner(layout: ShareLayout, store: PieceStore): ConstructorParameters<typeof PieceLoop>[1] {
    return {
      cid: this.cid,
      layout,
      store,
      peer: (name) => this.peers.find(name)?.peer,
      subscribers: () => this.peers.subscribers(),
      onReceived: (n) => this.#onReceived(n),
      onSeek: (pieces) => this.finder.seekPieces(layout, pieces),
      onStoreFailed: (error) => this.#onStoreFailed(error),
      onComplete: () => this.#guard('finishing', () => this.#finish())
    }
  }

  async #finish(): Promise<void> {
    this.#setStage('finishing')
    this.#pieces?.stop()
    this.#pieces = undefined
    this.finder.stop()
    await this.#store?.finish()
    const stored = this.#parts.catalogue.share(this.cid)
    if (stored !== undefined) Object.assign(this.record, { path: stored.path, partPath: stored.partPath })
    this.record.complete = true
    this.#setState('seeding', undefined)
    this.#setStage('idle')
    this.#publish()
    for (const { peer, pieces, holder } of [...this.peers.all()]) {
      if (holder) this.peers.remove(peer)
      else if (pieces !== undefined) this.#partWhenBothComplete(peer, pieces)
    }
  }

  #afterCheck(store: PieceStore): void {
    const complete = store.have.isFull
    if (this.record.complete && !complete) {
      const bad = store.have.length - store.have.count
      this.#fail(
        new ShareError({
          code: 'session.check-failed',
          fault: 'disk',
          message: `${bad} of ${store.have.length} pieces on disk are not what was shared`,
          hint: 'Seed the path again to share it as it is now, or remove the share and fetch it anew.'
        })
      )
      return
    }
    if (this.record.state !== 'paused') this.#setState(this.record.complete ? 'seeding' : 'fetching', undefined)
    this.start()
  }

  async #openStore(): Promise<PieceStore> {
    const layout = this.#layout ?? loadLayout(this.#parts.catalogue, this.record)
    if (layout === undefined) {
      throw new ShareError({
        code: 'session.index-missing',
        fault: 'daemon',
        message: 'the share has no complete index yet',
        hint: 'Wait until its index is fetched.'
      })
    }
    this.#layout = layout
    this.#progress = new ShareProgress(layout)
    const store = await this.#parts.files.open(this.cid, layout)
    this.#store = store
    return store
  }

  #adopt(layout: ShareLayout): void {
    this.#layout = layout
    this.#progress = new ShareProgress(layout)
    this.record.size = layout.size
    this.record.pieces = layout.pieceCount
    if (!this.record.indexed) {
      this.#parts.catalogue.putPieceKeys(this.cid, layout.pieceCount, (piece) => layout.digest(piece))
      this.record.indexed = true
    }
    for (const { peer, pieces } of [...this.peers.all()]) if (pieces !== undefined) this.onPieces(peer, pieces)
    this.#save()
  }

  #publish(): void {
    const layout = this.#layout ?? loadLayout(this.#parts.catalogue, this.record)
    this.#layout = layout
    if (layout !== undefined) this.#parts.directory.publish(publicationOf(layout, this.record))
  }

  // ---- trouble

  /** Runs a stage; whatever it throws puts the share into `error`, unless it was stopped meanwhile. */
  #guard(stage: ShareStage, work: () => Promise<void>): void {
    const run = this.#run
    this.#setStage(stage)
    work().catch((error: unknown) => {
      if (run === this.#run) this.#fail(error)
    })
  }

  #onStoreFailed(error: unknown): void {
    if (!isShareError(error, 'storage.disk-full')) return this.#fail(error)
    if (this.#block !== undefined) return
    this.#block = { state: 'paused', reason: 'disk full: goes on by itself when there is space again' }
    this.#pieces?.post({ kind: 'running', running: false })
    this.#diskWait.start(this.record.path)
    this.#parts.log.warn({ cid: this.cid }, 'disk full, fetch paused')
    this.changed()
  }

  #resumeFromDisk(): void {
    this.#block = undefined
    if (this.#pieces === undefined) this.start()
    else this.#pieces.post({ kind: 'running', running: true })
    this.changed()
  }

  #fail(error: unknown): void {
    if (isShareError(error, 'storage.disk-full')) {
      this.#stop('unavailable')
      this.#block = { state: 'paused', reason: error.message }
      this.#diskWait.start(this.record.path)
      this.changed()
      return
    }
    const failure = isShareError(error)
      ? error
      : new ShareError({ code: 'session.unexpected', fault: 'bug', message: String(error), cause: error })
    this.#parts.log.error({ cid: this.cid, code: failure.code, error: failure }, failure.message)
    this.#stop('unavailable')
    this.#failure = failure
    this.#setState('error', failure.message)
    this.#parts.directory.withdraw(this.cid)
  }

  #stop(reason: RefuseReason): void {
    this.#run++
    this.#stage = 'idle'
    this.finder.stop()
    this.#diskWait.stop()
    this.#index?.stop()
    this.#pieces?.stop()
    this.#index = undefined
    this.#pieces = undefined
    for (const { peer } of this.peers.all()) peer.unsubscribe(this.cid, reason)
    this.peers.clear()
  }

  #partWhenBothComplete(peer: LinkPeer, pieces: Bitfield): void {
    if (!this.record.complete || !pieces.isFull) return
    peer.unsubscribe(this.cid, 'unspecified')
    this.peers.remove(peer)
  }

  #onReceived(bytes: number): void {
    this.record.downloaded += bytes
    this.rateDown.add(bytes, this.#parts.clock.now())
    this.#saveDue = true
  }

  #setStage(stage: ShareStage): void {
    this.#stage = stage
    this.changed()
  }

  #setState(state: ShareState, reason: string | undefined): void {
    this.record.state = state
    this.record.reason = reason
    this.#save()
    this.changed()
  }

  #save(): void {
    this.#saveDue = false
    this.#parts.catalogue.putShare(this.record)
  }
}
