import type { Bitfield, ShareError } from '@p2pshare/base'
import { isShareError } from '@p2pshare/base'
import type { IndexBlock, ShareLayout, ShareRef } from '@p2pshare/content'
import { withoutIndex } from '@p2pshare/content'
import type { ShareRecord } from '@p2pshare/ports'
import type { RefuseReason } from '@p2pshare/wire'
import { finderOwner } from '../finding/finder-owner.ts'
import { ShareFinder } from '../finding/share-finder.ts'
import { IndexLoop } from '../fetching/index-loop.ts'
import type { NodeParts } from '../node-parts.ts'
import { type MembersOwner, ShareMembers } from '../peers/share-members.ts'

/**
 * Fetches the index of a share that this node does not have, to look at, and keeps it in memory alone: no row in the
 * catalogue, no file, nothing of the content. (A share of one raw block has no index: its one block tells its size,
 * and is thrown away.)
 */
export class IndexLook implements MembersOwner {
  readonly cid: string
  readonly record: ShareRecord
  readonly members: ShareMembers
  readonly finder: ShareFinder
  readonly bytes: { readonly have: Bitfield | undefined; prepare(): void } = { have: undefined, prepare() {} }
  readonly #index: IndexLoop
  readonly #blocks: IndexBlock[] = []
  readonly #listeners = new Set<() => void>()
  #layout: ShareLayout | undefined
  #failure: ShareError | undefined
  #stopped = false

  /** @param record - of a share to be fetched; it is not stored */
  constructor(parts: NodeParts, record: ShareRecord, root: ShareRef['root']) {
    this.record = record
    this.cid = record.cid
    this.members = new ShareMembers(this, root, parts)
    this.finder = new ShareFinder(parts, finderOwner(this, root))
    const catalogue = {
      indexBlocks: () => [],
      putIndexBlocks: (_: string, blocks: readonly IndexBlock[]) => void this.#blocks.push(...blocks)
    }
    this.#index = new IndexLoop({ ...parts, catalogue }, record, this.members.peers, {
      onReceived() {},
      onSeek: (digests) => this.finder.seek(digests),
      onProgress: () => this.changed(),
      onRefused: (error) => this.#end(() => this.#fail(error)),
      onDone: (layout) => this.#end(() => this.#adopt(layout))
    })
    this.members.index = this.#index
  }

  /** Undefined until all of the index is here. */
  get layout(): ShareLayout | undefined {
    return this.#layout
  }

  /** Why there will be no layout: the content breaks the rules. */
  get failure(): ShareError | undefined {
    return this.#failure
  }

  /** Somebody else fetches the share by now, or nobody looks any more. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** The name that is known so far; the CID before any. */
  get name(): string {
    const { name, cid } = this.record
    return name === cid ? (this.members.suggestedName ?? name) : name
  }

  /** Index blocks that are here, and how many are known of. */
  get progress(): IndexLoop['progress'] {
    return this.#index.progress
  }

  /** What of the index is here, for a fetch that takes over. */
  get blocks(): readonly IndexBlock[] {
    return this.#blocks
  }

  start(): void {
    this.#index.start()
    if (!this.#isOver) this.finder.start()
  }

  /** Once a second. */
  tick(): void {
    if (!this.#isOver) this.finder.tick()
  }

  stop(): void {
    this.#stopped = true
    this.#end(() => {})
  }

  /** Calls back after each change; the answer ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  // ---- the face towards peers: nothing is given, since nothing is kept

  refusal(): RefuseReason | undefined {
    return this.#isOver ? 'unavailable' : undefined
  }

  pieceMap(): undefined {}

  onUploaded(): void {}

  changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  get #isOver(): boolean {
    return this.#stopped || this.#layout !== undefined || this.#failure !== undefined
  }

  #end(how: () => void): void {
    this.#index.stop()
    this.finder.stop()
    this.members.index = undefined
    how()
    this.members.leaveAll('unspecified')
    this.changed()
  }

  #fail(error: unknown): void {
    if (isShareError(error)) this.#failure = error
    else throw error
  }

  #adopt(layout: ShareLayout): void {
    this.#layout = withoutIndex(layout)
  }
}
