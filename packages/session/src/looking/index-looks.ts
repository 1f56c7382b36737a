import { ShareError } from '@p2pshare/base'
import { canonicalCid, type ShareRef } from '@p2pshare/content'
import type { IndexBlock } from '@p2pshare/content'
import { newRecord } from '../fetching/fetch-plan.ts'
import type { LinkPeer } from '../peers/link-peer.ts'
import type { NodeParts } from '../node-parts.ts'
import { IndexLook } from './index-look.ts'

/** Shares that are looked at together: each may hold 64 MiB of index in memory. */
const MAX_LOOKS = 16

/** The shares that are looked at without being fetched; each lasts as long as somebody looks. */
export class IndexLooks {
  readonly #parts: NodeParts
  readonly #looks = new Map<string, { look: IndexLook; lookers: number }>()

  constructor(parts: NodeParts) {
    this.#parts = parts
  }

  find(cid: string): IndexLook | undefined {
    return this.#looks.get(cid)?.look
  }

  *all(): Generator<IndexLook> {
    for (const { look } of this.#looks.values()) yield look
  }

  /**
   * Begins to look, or joins who does. The caller ends it by {@link leave}, once.
   * @throws ShareError `session.too-many-looks`
   */
  join(ref: ShareRef): IndexLook {
    const cid = canonicalCid(ref.root)
    const known = this.#looks.get(cid)
    if (known !== undefined) {
      known.lookers++
      return known.look
    }
    if (this.#looks.size >= MAX_LOOKS) throw tooManyLooks()
    const look = new IndexLook(this.#parts, newRecord(this.#parts, cid, ref, ''), ref.root)
    this.#looks.set(cid, { look, lookers: 1 })
    look.start()
    return look
  }

  /** One who looked has seen enough; after the last the index is dropped. */
  leave(look: IndexLook): void {
    const known = this.#looks.get(look.cid)
    if (known?.look !== look || --known.lookers > 0) return
    this.#end(look)
    this.#parts.knownPeers.forget(look.cid)
  }

  /** The share is fetched from now on: ends the look. @returns what of the index was here */
  takeOver(cid: string): readonly IndexBlock[] {
    const look = this.find(cid)
    if (look === undefined) return []
    this.#end(look)
    return look.blocks
  }

  tick(): void {
    for (const look of this.all()) look.tick()
  }

  onLinkClosed(peer: LinkPeer): void {
    for (const { members } of this.all()) members.onLinkClosed(peer)
  }

  stop(): void {
    for (const look of [...this.all()]) this.#end(look)
  }

  #end(look: IndexLook): void {
    this.#looks.delete(look.cid)
    look.stop()
  }
}

function tooManyLooks(): ShareError {
  return new ShareError({
    code: 'session.too-many-looks',
    fault: 'user',
    message: `${MAX_LOOKS} shares are being looked at already`,
    hint: 'Wait until one of them is listed, or end its p2pshare ls.'
  })
}
