import type { Bitfield, PieceIndex, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { SwarmSnapshot } from '@p2pshare/engine'
import type { PieceStore, ShareRecord, ShareState } from '@p2pshare/ports'
import type { RefuseReason } from '@p2pshare/wire'
import type { CID } from 'multiformats/cid'
import { IndexLoop } from '../fetching/index-loop.ts'
import type { NodeParts } from '../node-parts.ts'
import { lookWhatIsLeft, newerVersion } from '../seeding/older-version.ts'
import { PieceStage } from '../fetching/piece-stage.ts'
import { stageOwner } from '../fetching/piece-stage-owner.ts'
import { adoptName } from './share-name.ts'
import { SharePublisher } from '../seeding/share-publisher.ts'
import { refusalOf } from './share-failures.ts'
import { recordIndexed, takeStoredPaths } from './share-layouts.ts'
import { ShareFinder } from '../finding/share-finder.ts'
import { finderOwner } from '../finding/finder-owner.ts'
import { ShareTraffic } from './share-traffic.ts'
import { ShareBytes } from './share-bytes.ts'
import type { ShareStage } from './share-stage.ts'
import { ShareMembers, type MembersOwner } from '../peers/share-members.ts'
import { type ShownState, ShareTrouble } from './share-trouble.ts'
import { troubleOwner } from './trouble-owner.ts'
import { ShareWishes } from '../wishes/share-wishes.ts'
import { superSeeds, SuperSeeder } from '../seeding/super-seeding.ts'

/** States without any work. */
const HELD: ReadonlySet<ShareState> = new Set(['paused', 'queued', 'error'])

/**
 * One share: fetches its index, then its pieces, then seeds it; answers its peers in every stage.
 * All its work runs on the ports; decisions are the engine's.
 */
export class ShareDriver implements MembersOwner {
  readonly cid: string
  readonly record: ShareRecord
  /** The peers of the share, and its face towards them. */
  readonly members: ShareMembers
  readonly finder: ShareFinder
  /** Where its bytes lie, once the index is known. */
  readonly bytes: ShareBytes
  readonly traffic: ShareTraffic
  /** What of it is wanted, and in which order. */
  readonly wishes: ShareWishes
  /** What others can find it by. */
  readonly publisher: SharePublisher
  /** What keeps it from its work besides the user. */
  readonly trouble: ShareTrouble
  /** How far a check of all pieces is; undefined when none runs. */
  checked: Readonly<{ done: number; total: number }> | undefined
  readonly #parts: NodeParts
  readonly #listeners = new Set<() => void>()
  #stage: ShareStage = 'idle'
  #index: IndexLoop | undefined
  #pieces: PieceStage | undefined
  #run = 0

  constructor(parts: NodeParts, record: ShareRecord, root: CID) {
    this.#parts = { ...parts, log: parts.log.child('share') }
    this.record = record
    this.cid = record.cid
    this.traffic = new ShareTraffic(record, parts.clock)
    this.members = new ShareMembers(this, root, this.#parts)
    this.finder = new ShareFinder(this.#parts, finderOwner(this, root))
    this.wishes = new ShareWishes(parts, this.#wished())
    this.bytes = new ShareBytes(this.#parts, record, this.wishes)
    this.publisher = new SharePublisher(parts, record, () => this.bytes.layout)
    const owner = troubleOwner(this, {
      stopWork: () => this.#stop('unavailable'),
      setRunning: (running) => this.#setRunning(running),
      onError: (reason) => {
        this.#setState('error', reason)
        this.publisher.withdraw()
      }
    })
    this.trouble = new ShareTrouble(this.#parts, owner)
  }

  get stage(): ShareStage {
    return this.#stage
  }

  /** The state as users see it, with its reason. */
  get state(): { state: ShownState; reason: string | undefined } {
    if (this.#stage === 'checking') return { state: 'checking', reason: undefined }
    const { state, reason } = this.record
    return this.trouble.block ?? { state, reason: this.#parts.turns.words(this.cid) ?? reason }
  }

  /** Why the share is in state `error`. */
  get failure(): ShareError | undefined {
    return this.trouble.failure
  }

  /** The hash that took its place at its path; then it is an older version, and served as far as it is still true. */
  get newer(): string | undefined {
    return newerVersion(this.#parts.catalogue, this.cid)
  }

  /** Figures of the running fetch. */
  get swarm(): SwarmSnapshot | undefined {
    return this.#pieces?.snapshot()
  }

  /** Index blocks that are here, and how many are known of. */
  get indexProgress(): IndexLoop['progress'] {
    return this.#index?.progress ?? { here: 0, known: 0, size: undefined }
  }

  /** Calls back after each change of state or stage; the answer ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes up the work that the record says; after a restart, a resume, or a new job. */
  start(): void {
    if (this.#stage !== 'idle') return
    this.trouble.clear()
    if (HELD.has(this.record.state)) return
    // Guarded, since a damaged index must not keep other shares from starting.
    const { newer } = this
    if (newer !== undefined) this.#guard('checking', () => this.#seedRest(newer))
    else if (this.record.complete) this.#guard('idle', async () => this.#seed())
    else this.#guard('index', () => this.#fetchIndex())
  }

  /** Ends all work until it is resumed. */
  hold(state: 'paused' | 'queued', reason?: string): void {
    this.#stop('paused')
    this.#setState(state, reason)
    this.publisher.withdraw()
  }

  /** @param turn - it is its turn to be fetched; left out: that is asked */
  resume(turn?: 'fetching'): void {
    if (!HELD.has(this.record.state) && this.trouble.block === undefined) return
    if (!HELD.has(this.record.state) && this.trouble.retry()) return
    this.trouble.stopWaiting()
    if (this.#setRunning(true)) this.trouble.clear()
    this.#setState(turn ?? this.#workState, undefined)
    this.start()
  }

  /** Hashes every piece; resolves when checked. */
  async verify(signal?: AbortSignal): Promise<void> {
    if (this.#stage === 'checking') return
    this.#stop('busy')
    this.#setStage('checking')
    const run = this.#run
    try {
      const store = await this.bytes.open()
      await store.verify((done, total) => {
        this.checked = { done, total }
      }, signal)
      if (run !== this.#run) return
      this.#setStage('idle')
      this.#afterCheck(store)
    } catch (error) {
      if (run === this.#run) this.trouble.fail(error)
    } finally {
      this.checked = undefined
    }
  }

  /** Ends all work and closes the files; the record stays, and so does what is announced: see `publisher`. */
  async stop(): Promise<void> {
    this.#stop('unspecified')
    this.#save()
    await this.bytes.close()
  }

  // ---- the face towards peers

  hasPiece(piece: PieceIndex): boolean {
    return this.refusal() === undefined && this.bytes.have?.has(piece) === true
  }

  refusal(): RefuseReason | undefined {
    return refusalOf(this.#stage, this.record.state, this.trouble.isAway)
  }

  pieceMap(): Bitfield | undefined {
    return this.record.complete || this.#pieces !== undefined ? this.bytes.have : undefined
  }

  onUploaded(bytes: number): void {
    this.traffic.sent(bytes)
  }

  /** Housekeeping, once a second: figures to the catalogue, round trips. */
  tick(): void {
    if (this.traffic.takeUnsaved()) this.#save()
    this.members.tick()
    this.#pieces?.tick()
    this.finder.tick()
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  // ---- stages

  async #fetchIndex(): Promise<void> {
    const known = this.bytes.layout
    if (known !== undefined) return this.#fetchPieces(known, undefined)
    this.#index = new IndexLoop(this.#parts, this.record, this.members.peers, {
      onReceived: (n) => this.traffic.receivedIndex(n),
      onSeek: (digests) => this.finder.seek(digests),
      onProgress: () => this.changed(),
      onRefused: (error) => this.trouble.fail(error),
      onDone: (layout, rootPiece) => {
        this.#endLoops()
        this.traffic.indexWasContent(rootPiece?.byteLength ?? 0)
        this.#guard('opening', () => this.#fetchPieces(layout, rootPiece))
      }
    })
    this.members.index = this.#index
    this.#index.start()
    // Unless what the catalogue has was all, or broke a rule.
    if (this.#index !== undefined) this.finder.start()
  }

  async #fetchPieces(whole: ShareLayout, rootPiece: Uint8Array | undefined): Promise<void> {
    const run = this.#run
    this.#setStage('opening')
    if (await adoptName(this.#parts.files, this.record, this.members.suggestedName)) this.#save()
    this.#adopt(whole)
    const layout = await this.wishes.settled(this.bytes.layout ?? whole)
    if (run !== this.#run) return
    const store = await this.bytes.openForFetch(rootPiece, this.trouble)
    if (run !== this.#run) return
    if (store.have.isFull) return this.#finish()
    this.#setStage('pieces')
    this.finder.start()
    const owner = stageOwner(this, layout, store, {
      onStoreFailed: (error) => this.trouble.onStoreFailed(error),
      onSelected: () => this.#onSelected(),
      onComplete: () => this.#guard('finishing', () => this.#finish())
    })
    const pieces = new PieceStage(this.#parts, owner, this.wishes.selection)
    this.#pieces = pieces
    pieces.start()
    this.members.beginPieces(pieces.loop)
    pieces.tick()
    this.publisher.publish()
  }

  /** What was chosen is here, gets its final names, and is served from there. */
  #onSelected(): void {
    if (this.#pieces === undefined) return
    this.#guard('pieces', async () => {
      await this.bytes.place(this.wishes.files())
      if (this.#pieces !== undefined) this.#setState('seeding', 'selected files are complete')
    })
  }

  async #finish(): Promise<void> {
    this.#setStage('finishing')
    this.#endLoops()
    this.finder.stop()
    await this.bytes
      .finish((done, total) => {
        this.checked = { done, total }
      })
      .finally(() => {
        this.checked = undefined
      })
    this.#parts.space.release(this.cid)
    takeStoredPaths(this.#parts.catalogue, this.record)
    this.record.complete = true
    this.#setState('seeding', undefined)
    this.#setStage('idle')
    this.#seed()
    this.members.onComplete()
  }

  #afterCheck(store: PieceStore): void {
    const complete = store.have.isFull
    if (this.record.complete && !complete && this.newer === undefined)
      return void this.trouble.onCheckFailed(store, this.bytes.layout)
    if (this.record.state !== 'paused') this.#setState(this.#workState, undefined)
    this.start()
  }

  /** What it does when nothing holds it. */
  get #workState(): ShareState {
    return this.record.complete ? 'seeding' : this.#parts.turns.admit(this.cid)
  }

  #adopt(layout: ShareLayout): void {
    this.bytes.adopt(layout)
    recordIndexed(this.#parts.catalogue, this.record, layout)
    this.members.checkMaps()
  }

  /** All is here: others hear of it, and peers are handed pieces one by one where we are the first. */
  #seed(): void {
    this.publisher.publish()
    const { layout } = this.bytes
    if (layout === undefined || !superSeeds(this.#parts, this.record)) return
    this.members.superSeed(new SuperSeeder(this.#parts, this.members.superSeeded(layout)))
  }

  /** An older version: only what is still there is offered, once that is known. */
  async #seedRest(newer: string): Promise<void> {
    const run = this.#run
    const reason = await lookWhatIsLeft(this.bytes, newer)
    if (run !== this.#run) return
    this.#setStage('idle')
    this.#setState('seeding', reason)
    this.publisher.publish()
  }

  // ---- trouble

  /** Runs a stage; whatever it throws puts the share into `error`, unless it was stopped meanwhile. */
  #guard(stage: ShareStage, work: () => Promise<void>): void {
    const run = this.#run
    this.#setStage(stage)
    work().catch((error: unknown) => {
      if (run === this.#run) this.trouble.fail(error)
    })
  }

  #wished(): ConstructorParameters<typeof ShareWishes>[1] {
    return {
      cid: this.cid,
      layout: () => this.bytes.layout,
      pieces: () => this.#pieces,
      onMoreWanted: () => {
        const isPartial = this.record.state === 'seeding' && !this.record.complete
        if (!isPartial || !this.wishes.lacks(this.bytes.have)) return
        if (this.#workState === 'queued') this.hold('queued')
        else this.#setState('fetching', undefined)
      }
    }
  }

  /** Holds the fetch of pieces, or lets it go on; false when none runs. */
  #setRunning(running: boolean): boolean {
    this.#pieces?.post({ kind: 'running', running })
    return this.#pieces !== undefined
  }

  #stop(reason: RefuseReason): void {
    this.#run++
    this.#stage = 'idle'
    this.finder.stop()
    this.bytes.stopOpening()
    this.trouble.onStopped()
    this.#endLoops()
    this.members.leaveAll(reason)
  }

  #endLoops(): void {
    this.#index?.stop()
    this.#pieces?.stop()
    this.#index = undefined
    this.#pieces = undefined
    this.members.index = undefined
    this.members.pieces = undefined
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
    this.#parts.catalogue.putShare(this.record)
  }
}
