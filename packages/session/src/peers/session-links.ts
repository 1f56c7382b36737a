import type { Bitfield } from '@p2pshare/base'
import { canonicalCid } from '@p2pshare/content'
import type { Flow } from '@p2pshare/engine'
import type { ContentKey, LinkEnd } from '@p2pshare/ports'
import type { CloseCode, RequestMessage } from '@p2pshare/wire'
import { CID } from 'multiformats/cid'
import type { LimitKeeper } from '../limits/limit-keeper.ts'
import type { LinkPeer } from './link-peer.ts'
import type { NodeBlocks } from '../serving/local-blocks.ts'
import type { IndexLooks } from '../looking/index-looks.ts'
import type { NodeParts } from '../node-parts.ts'
import type { LinkOwner } from './participant.ts'
import type { ShareDriver } from '../share/share-driver.ts'
import type { Uploader } from '../serving/uploader.ts'

/** Ends of a link that are the peer's doing and that nobody else counts (threats T2, T9). */
const FAULTS: ReadonlySet<CloseCode> = new Set(['protocol-error', 'limit-exceeded'])
/** Answers nobody asked for that a link may bring before it is a strike (threat T12). */
const UNREQUESTED_TOLERATED = 16

/** What of the session its links have to do with. */
export interface LinkedSession {
  readonly shares: { find(cid: string): ShareDriver | undefined; all(): Iterable<ShareDriver> }
  readonly looks: IndexLooks
  readonly limits: LimitKeeper
  readonly uploader: Uploader
  readonly blocks: NodeBlocks
}

/** Leads what comes over links to the share or part of the session that it is for; what breaks a rule costs its peer. */
export class SessionLinks implements LinkOwner {
  readonly #parts: Pick<NodeParts, 'trust' | 'links' | 'log'>
  readonly #own: LinkedSession
  readonly #unrequested = new WeakMap<LinkPeer, number>()

  constructor(parts: Pick<NodeParts, 'trust' | 'links' | 'log'>, session: LinkedSession) {
    this.#parts = parts
    this.#own = session
  }

  participant(cid: string): ShareDriver['members'] | undefined {
    return (this.#own.shares.find(cid) ?? this.#own.looks.find(cid))?.members
  }

  parseRoot(root: Uint8Array): string | undefined {
    try {
      return canonicalCid(CID.decode(root))
    } catch {
      return undefined
    }
  }

  onRequest(peer: LinkPeer, cid: string, request: RequestMessage): void {
    const pieces = { start: request.piece, count: request.count }
    this.#own.shares.find(cid)?.members.onRequested(peer, pieces)
    this.#own.uploader.onRequest(peer, cid, request)
  }

  onBlockRequest(peer: LinkPeer, request: Parameters<LinkOwner['onBlockRequest']>[1]): void {
    this.#own.uploader.onBlockRequest(peer, request)
  }

  onCancel(peer: LinkPeer, id: number): void {
    this.#own.uploader.onCancel(peer, id)
  }

  holds(digests: readonly ContentKey[]): Bitfield {
    return this.#own.blocks.holds(digests)
  }

  paceDown(peer: LinkPeer, share: string | undefined, bytes: number): Promise<void> | undefined {
    return this.#own.limits.down.passed(flowOf(peer, share), bytes, peer)
  }

  onUnrequestedData(peer: LinkPeer): void {
    const count = (this.#unrequested.get(peer) ?? 0) + 1
    this.#unrequested.set(peer, count)
    if (count <= UNREQUESTED_TOLERATED) return
    this.#parts.trust.strike(peer.name, 'unrequested-data')
    peer.close('unrequested-data', `${count} answers that nobody asked for`)
  }

  onChatter(peer: LinkPeer, text: string): void {
    this.#parts.trust.endChatter(peer, text)
  }

  onLinkClosed(peer: LinkPeer, end: LinkEnd): void {
    if (!end.remote && FAULTS.has(end.code)) {
      this.#parts.log.warn(
        { peer: peer.name, code: end.code, reason: end.text },
        'link closed: peer broke a rule'
      )
      this.#parts.trust.strike(peer.name, 'broken-rule')
    }
    this.#parts.links.remove(peer)
    this.#own.limits.leave(peer, peer.name)
    this.#own.uploader.onLinkClosed(peer)
    this.#own.looks.onLinkClosed(peer)
    for (const driver of this.#own.shares.all()) {
      driver.members.onLinkClosed(peer)
      // Whoever of us has too many: it would have again in a moment.
      if (end.code === 'too-many-peers') driver.finder.onTurnedAway(peer.name)
    }
  }
}

/** Whose bytes are paced. */
export function flowOf({ name, link }: LinkPeer, share: string | undefined): Flow {
  return { peer: name, share, lan: link.lan }
}
