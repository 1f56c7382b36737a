import { bytes, type CancelTimer, type Millis, millis } from '@p2pshare/base'
import {
  contentError,
  createWalker,
  MAX_BLOCK_SIZE,
  parseShareRef,
  type ShareLayout,
  type Walker
} from '@p2pshare/content'
import { IndexFetch, type IndexEffect, type IndexEvent } from '@p2pshare/engine'
import type { Catalogue, ContentKey, PeerName, ShareRecord } from '@p2pshare/ports'
import type { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import type { LinkPeer } from '../peers/link-peer.ts'
import type { NodeParts } from '../node-parts.ts'
import type { CancelRequest } from '../peers/outstanding.ts'
import type { SharePeers } from '../peers/share-peers.ts'

/** Index blocks asked for ahead; more would only wait in the fetch's queue. */
const AHEAD = 256
/** Index blocks stored in one transaction. */
const STORE_BATCH = 64

/** What the loop tells the share it works for. */
export interface IndexLoopOwner {
  onReceived(bytes: number): void
  onSeek(digests: readonly ContentKey[]): void
  onProgress(): void
  /** The content breaks the rules; nothing was written. */
  onRefused(error: unknown): void
  /** @param rootPiece - the whole content, when the share is a single raw block */
  onDone(layout: ShareLayout, rootPiece: Uint8Array | undefined): void
}

/** What the loop works with; index blocks need not go to the catalogue itself. */
export type IndexLoopParts = Omit<NodeParts, 'catalogue'> & {
  catalogue: Pick<Catalogue, 'indexBlocks' | 'putIndexBlocks'>
}

/** Fetches a share's index blocks, root first, and checks them while they come. */
export class IndexLoop {
  readonly #parts: IndexLoopParts
  readonly #record: ShareRecord
  readonly #peers: SharePeers
  /** Who may be asked. */
  readonly #sources = new Map<PeerName, LinkPeer>()
  readonly #owner: IndexLoopOwner
  readonly #walker: Walker
  readonly #fetch: IndexFetch
  readonly #wanted = new Map<string, CID>()
  readonly #running = new Map<number, CancelRequest>()
  readonly #unstored: { cid: CID; data: Uint8Array }[] = []
  readonly #queue: IndexEvent[] = []
  #busy = false
  #stopped = false
  #timer: CancelTimer | undefined
  #timerAt: Millis | undefined

  constructor(parts: IndexLoopParts, record: ShareRecord, peers: SharePeers, owner: IndexLoopOwner) {
    this.#parts = parts
    this.#record = record
    this.#peers = peers
    this.#owner = owner
    this.#walker = createWalker(parseShareRef(record.cid).root)
    this.#fetch = new IndexFetch({ rng: parts.rng })
  }

  /** Index blocks that are here, and how many are known of; content bytes if the root said. */
  get progress(): { here: number; known: number; size: number | undefined } {
    const { blocks, wanted, declaredSize } = this.#walker
    return { here: blocks, known: blocks + wanted, size: declaredSize }
  }

  /** Takes up what the catalogue has of the index, then asks the peers for the rest. */
  start(): void {
    const stored = new Map(
      this.#parts.catalogue.indexBlocks(this.#record.cid).map((b) => [b.cid.toString(), b.data])
    )
    for (let found = stored.size > 0; found; ) {
      found = false
      for (const cid of this.#walker.needed(AHEAD)) {
        const data = stored.get(cid.toString())
        if (data === undefined) continue
        this.#walker.supply(cid, data)
        found = true
      }
    }
    for (const { peer, holder } of this.#peers.all()) if (!holder) this.join(peer)
    this.#advance()
  }

  /** The peer may be asked from now on. It need not have said yet that it takes part: who does not, refuses. */
  join(peer: LinkPeer): void {
    if (this.#sources.get(peer.name) === peer) return
    this.#sources.set(peer.name, peer)
    this.#post({ kind: 'peer-joined', peer: peer.name })
  }

  leave(peer: LinkPeer): void {
    if (this.#sources.get(peer.name) !== peer) return
    this.#sources.delete(peer.name)
    this.#post({ kind: 'peer-left', peer: peer.name })
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#timer?.()
    for (const cancel of [...this.#running.values()]) cancel()
    this.#store()
  }

  #post(event: IndexEvent): void {
    if (this.#stopped) return
    this.#queue.push(event)
    if (this.#busy) return
    this.#busy = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#fetch.handle(next, this.#parts.clock.now())
        for (const effect of this.#fetch.takeEffects()) this.#run(effect)
      }
    } finally {
      this.#busy = false
    }
    this.#arm()
  }

  #arm(): void {
    const at = this.#stopped ? undefined : this.#fetch.nextWake()
    if (at === this.#timerAt && this.#timer !== undefined) return
    this.#timer?.()
    this.#timer = undefined
    this.#timerAt = at
    if (at === undefined) return
    this.#timer = this.#parts.clock.after(millis(Math.max(0, at - this.#parts.clock.now())), () => {
      this.#timer = undefined
      this.#post({ kind: 'tick' })
    })
  }

  #run(effect: IndexEffect): void {
    switch (effect.kind) {
      case 'block-request':
        return this.#request(effect)
      case 'cancel':
        return this.#running.get(effect.id)?.()
      case 'strike': {
        const rest = this.#parts.trust.strike(effect.peer, effect.offence)
        if (rest !== undefined) this.#post({ kind: 'peer-resting', peer: effect.peer, until: rest })
        return
      }
      case 'seek': {
        const cids = effect.keys.map((key) => this.#wanted.get(key))
        return this.#owner.onSeek(cids.flatMap((cid) => (cid === undefined ? [] : [cid.multihash.digest])))
      }
    }
  }

  #request(effect: Extract<IndexEffect, { kind: 'block-request' }>): void {
    const { peer: name, id, key } = effect
    const peer = this.#sources.get(name)
    const cid = this.#wanted.get(key)
    if (peer === undefined || cid === undefined) return
    let block: Uint8Array | undefined
    const end = (): void => {
      this.#running.delete(id)
    }
    this.#running.set(id, () => {})
    const message = {
      type: 'block-request',
      digest: cid.multihash.digest,
      offset: bytes(0),
      length: bytes(0)
    } as const
    const cancel = peer.ask((wireId) => ({ ...message, id: wireId }), {
      share: this.#record.cid,
      exact: undefined,
      most: bytes(MAX_BLOCK_SIZE),
      open: (length) => {
        block = new Uint8Array(length)
        return block
      },
      progress: (n) => this.#owner.onReceived(n),
      arrived: () => {
        end()
        void this.#check(name, id, cid, block ?? new Uint8Array(0))
      },
      refused: (reason) => {
        end()
        this.#post({ kind: 'refused', peer: name, id, reason })
      },
      lost: end
    })
    if (this.#running.has(id)) this.#running.set(id, cancel)
  }

  async #check(peer: string, id: number, cid: CID, block: Uint8Array): Promise<void> {
    const digest = await this.#parts.hasher(block)
    const ok = equals(digest, cid.multihash.digest)
    this.#post({ kind: 'block-arrived', peer, id, ok })
    if (!ok || this.#stopped || !this.#wanted.delete(cid.toString())) return
    this.#walker.supply(cid, block)
    this.#unstored.push({ cid, data: block })
    if (this.#unstored.length >= STORE_BATCH) this.#store()
    this.#advance()
  }

  #advance(): void {
    if (this.#stopped) return
    const { fault } = this.#walker
    if (fault !== undefined) {
      this.stop()
      return this.#owner.onRefused(contentError(fault))
    }
    if (this.#walker.done) return this.#finish()
    this.#wantMore()
    this.#owner.onProgress()
  }

  /** Not at every block: the walker names each block anew that is not here yet, and each costs a CID and its text. */
  #wantMore(): void {
    const known = this.#wanted.size
    if (known === this.#walker.wanted || known > AHEAD / 2) return
    const fresh: string[] = []
    for (const cid of this.#walker.needed(AHEAD)) {
      const key = cid.toString()
      if (this.#wanted.has(key)) continue
      this.#wanted.set(key, cid)
      fresh.push(key)
    }
    if (fresh.length > 0) this.#post({ kind: 'wanted', keys: fresh })
  }

  #finish(): void {
    this.stop()
    const layout = this.#walker.layout()
    this.#owner.onDone(layout, this.#walker.rootPiece)
  }

  /** A raw root is content, not index: it goes to disk as a piece, never here. */
  #store(): void {
    const blocks = this.#unstored.splice(0)
    if (this.#walker.rootPiece !== undefined || blocks.length === 0) return
    this.#parts.catalogue.putIndexBlocks(this.#record.cid, blocks)
  }
}
