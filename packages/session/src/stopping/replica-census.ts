import { type Millis, millis, MINUTE, SECOND } from '@p2pshare/base'
import type { NodeParts } from '../node-parts.ts'
import { limitedSignal } from '../finding/limited-signal.ts'
import type { LinkPeer } from '../peers/link-peer.ts'
import type { ContentKey, PeerAddress } from '@p2pshare/ports'

/** Time between two looks of this node, and between two at the same share. */
const PACE = MINUTE
const AGAIN = millis(30 * MINUTE)
/** Longest look; so long one dial of it may take. */
const LONGEST = millis(2 * MINUTE)
const DIAL_TIMEOUT = millis(15 * SECOND)
/** Peers that are dialled in one look, one after the other. */
const MOST_DIALS = 8

/** A share that waits for replicas. */
export interface CountedShare {
  readonly cid: string
  readonly rootDigest: ContentKey
  /** Says to a linked peer that we take part; it tells what it has. */
  greet(peer: LinkPeer): void
}

/** The shares of the node that only lack replicas to be stopped. */
export interface CensusSource {
  /** Some of their hashes, others each time until all had their turn. */
  waiting(): Iterable<string>
  find(cid: string): CountedShare | undefined
  /** Whether the peer is counted already. */
  isCounted(cid: string, peer: string): boolean
}

type Parts = Pick<NodeParts, 'clock' | 'directory' | 'network' | 'links' | 'trust' | 'log'>

/**
 * Two seeders of a share need nothing of each other, and never meet. So now and then, of a share that is seeded on only
 * until others have all of it, the DHTs are asked who has it, and some of these are connected to, so that they can say
 * so themselves; what a DHT says does not count.
 */
export class ReplicaCensus {
  readonly #parts: Parts
  readonly #source: CensusSource
  /** When each was looked for last. */
  readonly #looked = new Map<string, Millis>()
  readonly #leave = new AbortController()
  #next: Millis
  #isLooking = false

  constructor(parts: Parts, source: CensusSource) {
    this.#parts = parts
    this.#source = source
    this.#next = millis(parts.clock.now() + PACE)
  }

  /** Once a second. */
  tick(): void {
    const now = this.#parts.clock.now()
    if (this.#isLooking || now < this.#next || this.#leave.signal.aborted) return
    this.#next = millis(now + PACE)
    for (const [cid, at] of this.#looked) if (now - at >= AGAIN) this.#looked.delete(cid)
    for (const cid of this.#source.waiting()) {
      const share = this.#looked.has(cid) ? undefined : this.#source.find(cid)
      if (share === undefined) continue
      this.#looked.set(cid, now)
      void this.#look(share)
      return
    }
  }

  stop(): void {
    this.#leave.abort()
  }

  async #look(share: CountedShare): Promise<void> {
    const { clock, directory, log } = this.#parts
    const { signal, end } = limitedSignal(this.#leave.signal, LONGEST, clock)
    this.#isLooking = true
    let dials = 0
    try {
      for await (const { peer, addresses } of directory.find(share.rootDigest, { signal })) {
        if (this.#source.isCounted(share.cid, peer) || this.#parts.trust.isBanned(peer)) continue
        if (dials++ === MOST_DIALS) break
        await this.#meet(share, { peer, addresses }, signal)
      }
    } catch (error) {
      log.debug({ cid: share.cid, error }, 'looking for seeders failed')
    } finally {
      end()
      this.#isLooking = false
    }
  }

  async #meet(share: CountedShare, target: PeerAddress, parent: AbortSignal): Promise<void> {
    const { network, links, clock } = this.#parts
    const { signal, end } = limitedSignal(parent, DIAL_TIMEOUT, clock)
    try {
      await network.link(target, signal)
      const peer = links.find(target.peer)
      // It may have been stopped or removed meanwhile.
      if (peer !== undefined && !parent.aborted) this.#source.find(share.cid)?.greet(peer)
    } catch {
      // Who cannot be reached is not counted.
    } finally {
      end()
    }
  }
}
