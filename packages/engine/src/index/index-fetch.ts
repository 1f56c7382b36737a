import { invariant, type Millis, millis, type Rng } from '@p2pshare/base'
import type { BlockRefusal, IndexEffect, IndexEvent } from './index-events.ts'

/** Open block requests to one peer. */
const REQUESTS_PER_PEER = 16
/** A request without an answer for this long goes elsewhere. */
const TIMEOUT = 20_000
/** A request without an answer for this long is made of a second peer too, if one has nothing else to do. */
const HEDGE = 300
/** Peers that are asked for one block at a time. */
const MOST_ASKED = 3
/** First search for a block that no peer gives, then every 30 s; peers that refused are asked anew then. */
const SEEK_FIRST = 2000
const SEEK_AGAIN = 30_000
const SEEK_KEYS = 8

interface Wanted {
  readonly key: string
  /** The open requests for it, oldest first: more than one when the first peers are slow to answer. */
  readonly asked: Set<number>
  /** When the last of them was made. */
  askedAt: Millis
  /** Peers that do not have it or sent it wrong. */
  readonly refusedBy: Set<string>
}

interface BlockPeer {
  readonly key: string
  readonly open: Map<number, { wanted: Wanted; sentAt: Millis }>
  /** Blocks that it sent wrong: never asked of it again. */
  readonly wrong: Set<string>
  pauseUntil: Millis
  /** Timed out: one request at a time until it answers. */
  slow: boolean
}

/**
 * Fetches index blocks from several peers in parallel. A block comes whole from one peer, so a
 * wrong one is that peer's fault alone.
 */
export class IndexFetch {
  readonly #rng: Rng
  readonly #peers = new Map<string, BlockPeer>()
  readonly #wanted = new Map<string, Wanted>()
  /** Wanted blocks without an open request, in the order in which they became so. */
  readonly #free = new Set<Wanted>()
  #effects: IndexEffect[] = []
  #nextId = 1
  #seekAt: Millis | undefined
  #lastSeek = Number.NEGATIVE_INFINITY
  #now: Millis = millis(0)

  constructor(init: { rng: Rng }) {
    this.#rng = init.rng
  }

  /** How many blocks are still wanted. */
  get wanted(): number {
    return this.#wanted.size
  }

  /** Takes an event; never throws on what a peer can cause. */
  handle(event: IndexEvent, now: Millis): void {
    this.#now = now
    switch (event.kind) {
      case 'peer-joined':
        this.#join(event.peer, now)
        break
      case 'peer-left':
        this.#leave(event.peer)
        break
      case 'peer-resting':
        this.#rest(event.peer, event.until)
        break
      case 'wanted':
        for (const key of event.keys) this.#want(key)
        break
      case 'unwanted':
        for (const key of event.keys) this.#forget(key)
        break
      case 'block-arrived':
        this.#arrived(event.peer, event.id, event.ok)
        break
      case 'refused':
        this.#refused(event.peer, event.id, event.reason, now)
        break
      case 'tick':
        this.#expire(now)
    }
    this.#fill(now)
    this.#seek(now)
  }

  /** What the session must do now, in order; each effect is given out once. */
  takeEffects(): IndexEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** When `tick` is due if nothing happens before; undefined: never. */
  nextWake(): Millis | undefined {
    let wake: number = Math.min(this.#seekAt ?? Number.POSITIVE_INFINITY, this.#hedgeAt())
    for (const peer of this.#peers.values()) {
      const oldest = peer.open.values().next().value
      if (oldest !== undefined) wake = Math.min(wake, oldest.sentAt + TIMEOUT)
      if (this.#free.size > 0 && peer.pauseUntil > this.#now) wake = Math.min(wake, peer.pauseUntil)
    }
    return wake === Number.POSITIVE_INFINITY ? undefined : millis(wake)
  }

  /** Throws when the books do not balance; for tests. */
  checkInvariants(): void {
    const open = new Map<number, string>()
    for (const peer of this.#peers.values()) {
      invariant(peer.open.size <= REQUESTS_PER_PEER, `too many requests to ${peer.key}`)
      for (const [id, { wanted }] of peer.open) {
        invariant(wanted.asked.has(id), `request ${id} is not noted`)
        invariant(!peer.wrong.has(wanted.key), `a wrong block asked of ${peer.key} again`)
        open.set(id, wanted.key)
      }
    }
    for (const wanted of this.#wanted.values()) {
      invariant(this.#free.has(wanted) === (wanted.asked.size === 0), `${wanted.key} is free and asked`)
      invariant(wanted.asked.size <= MOST_ASKED, `${wanted.key} asked of too many`)
      for (const id of wanted.asked) invariant(open.get(id) === wanted.key, `${wanted.key} asked of nobody`)
    }
    for (const wanted of this.#free)
      invariant(this.#wanted.get(wanted.key) === wanted, 'a free block nobody wants')
  }

  #join(key: string, now: Millis): void {
    this.#leave(key)
    this.#peers.set(key, { key, open: new Map(), wrong: new Set(), pauseUntil: now, slow: false })
  }

  #leave(key: string): void {
    const peer = this.#peers.get(key)
    if (peer === undefined) return
    for (const id of [...peer.open.keys()]) this.#close(peer, id)
    this.#peers.delete(key)
    for (const wanted of this.#wanted.values()) wanted.refusedBy.delete(key)
  }

  #rest(key: string, until: Millis): void {
    const peer = this.#peers.get(key)
    if (peer === undefined) return
    peer.pauseUntil = millis(Math.max(peer.pauseUntil, until))
    this.#cancelAll(peer)
  }

  #want(key: string): void {
    if (this.#wanted.has(key)) return
    const wanted: Wanted = { key, asked: new Set(), askedAt: millis(0), refusedBy: new Set() }
    this.#wanted.set(key, wanted)
    this.#free.add(wanted)
  }

  #forget(key: string): void {
    const wanted = this.#wanted.get(key)
    if (wanted === undefined) return
    this.#cancelOthers(wanted)
    this.#free.delete(wanted)
    this.#wanted.delete(key)
  }

  #arrived(key: string, id: number, ok: boolean): void {
    const peer = this.#peers.get(key)
    const wanted = peer === undefined ? undefined : this.#close(peer, id)
    if (peer === undefined || wanted === undefined) return
    peer.slow = false
    if (ok) {
      this.#cancelOthers(wanted)
      this.#free.delete(wanted)
      this.#wanted.delete(wanted.key)
      return
    }
    peer.wrong.add(wanted.key)
    this.#effects.push({ kind: 'strike', peer: key, offence: 'bad-block', key: wanted.key })
  }

  #refused(key: string, id: number, reason: BlockRefusal, now: Millis): void {
    const peer = this.#peers.get(key)
    const wanted = peer === undefined ? undefined : this.#close(peer, id)
    if (peer === undefined || wanted === undefined) return
    if (reason === 'busy' || reason === 'unspecified' || reason === 'cancelled') {
      peer.pauseUntil = millis(Math.max(peer.pauseUntil, now + 1000 + this.#rng.below(1000)))
    } else wanted.refusedBy.add(key)
  }

  #expire(now: Millis): void {
    for (const peer of this.#peers.values()) {
      const oldest = peer.open.values().next().value
      if (oldest === undefined || now - oldest.sentAt < TIMEOUT) continue
      peer.slow = true
      this.#cancelAll(peer)
    }
  }

  #cancelAll(peer: BlockPeer): void {
    for (const id of [...peer.open.keys()]) {
      this.#effects.push({ kind: 'cancel', peer: peer.key, id })
      this.#close(peer, id)
    }
  }

  /** The block is not wanted any more of those who were asked for it. */
  #cancelOthers(wanted: Wanted): void {
    for (const peer of this.#peers.values()) {
      for (const id of wanted.asked) {
        if (peer.open.delete(id)) this.#effects.push({ kind: 'cancel', peer: peer.key, id })
      }
    }
    wanted.asked.clear()
  }

  /** Ends a request; its block is free again when nobody else was asked. */
  #close(peer: BlockPeer, id: number): Wanted | undefined {
    const request = peer.open.get(id)
    if (request === undefined) return undefined
    peer.open.delete(id)
    request.wanted.asked.delete(id)
    if (request.wanted.asked.size === 0) this.#free.add(request.wanted)
    return request.wanted
  }

  /** Deals free blocks out, one to each peer in turn, slow peers last. */
  #fill(now: Millis): void {
    const ready = [...this.#peers.values()].filter((peer) => now >= peer.pauseUntil)
    ready.sort((a, b) => Number(a.slow) - Number(b.slow) || a.open.size - b.open.size)
    for (let dealt = true; dealt && this.#free.size > 0; ) {
      dealt = false
      for (const peer of ready) if (this.#askOne(peer, now)) dealt = true
    }
    for (const peer of ready) if (peer.open.size === 0) this.#hedge(peer, now)
  }

  /** A peer that is slow to answer, or never does, must not hold up the others: who has nothing to do is asked too. */
  #hedge(peer: BlockPeer, now: Millis): void {
    if (peer.slow) return
    for (const wanted of this.#oldestAsked()) {
      if (now < wanted.askedAt + HEDGE) return
      if (this.#mayAsk(peer, wanted)) return this.#ask(peer, wanted, now)
    }
  }

  /** When {@link #hedge} may do something. */
  #hedgeAt(): number {
    const [oldest] = this.#oldestAsked()
    if (oldest === undefined) return Number.POSITIVE_INFINITY
    const idle = [...this.#peers.values()].some(
      (peer) =>
        peer.open.size === 0 && !peer.slow && peer.pauseUntil <= this.#now && this.#mayAsk(peer, oldest)
    )
    return idle ? oldest.askedAt + HEDGE : Number.POSITIVE_INFINITY
  }

  /** Blocks that may be asked of one more peer, those that wait longest first: at most one for each peer. */
  #oldestAsked(): Wanted[] {
    const oldest: Wanted[] = []
    for (const { open } of this.#peers.values()) {
      const first = open.values().next().value
      if (first !== undefined && first.wanted.asked.size < MOST_ASKED) oldest.push(first.wanted)
    }
    return oldest.sort((a, b) => a.askedAt - b.askedAt)
  }

  #mayAsk(peer: BlockPeer, wanted: Wanted): boolean {
    return !wanted.refusedBy.has(peer.key) && !peer.wrong.has(wanted.key)
  }

  #askOne(peer: BlockPeer, now: Millis): boolean {
    if (peer.open.size >= (peer.slow ? 1 : REQUESTS_PER_PEER)) return false
    for (const wanted of this.#free) {
      if (!this.#mayAsk(peer, wanted)) continue
      this.#ask(peer, wanted, now)
      return true
    }
    return false
  }

  #ask(peer: BlockPeer, wanted: Wanted, now: Millis): void {
    const id = this.#nextId
    this.#nextId = id === 0xffffffff ? 1 : id + 1
    this.#free.delete(wanted)
    wanted.asked.add(id)
    wanted.askedAt = now
    peer.open.set(id, { wanted, sentAt: now })
    this.#effects.push({ kind: 'block-request', peer: peer.key, id, key: wanted.key })
  }

  #seek(now: Millis): void {
    if (this.#free.size === 0 || !this.#someWithoutSource()) {
      this.#seekAt = undefined
      return
    }
    this.#seekAt ??= millis(Math.max(now + SEEK_FIRST, this.#lastSeek + SEEK_AGAIN))
    if (now < this.#seekAt) return
    this.#lastSeek = now
    this.#seekAt = millis(now + SEEK_AGAIN)
    const keys = [...this.#free].filter((w) => this.#sourceless(w)).slice(0, SEEK_KEYS)
    this.#effects.push({ kind: 'seek', keys: keys.map((wanted) => wanted.key) })
    // Who lacked a block half a minute ago may have it by now.
    for (const wanted of keys) wanted.refusedBy.clear()
    this.#fill(now)
  }

  #someWithoutSource(): boolean {
    let probes = 0
    for (const wanted of this.#free) {
      if (this.#sourceless(wanted)) return true
      if (probes++ >= 64) return false
    }
    return false
  }

  #sourceless(wanted: Wanted): boolean {
    for (const peer of this.#peers.values()) {
      if (this.#mayAsk(peer, wanted)) return false
    }
    return true
  }
}
