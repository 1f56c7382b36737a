import { type Bitfield, type Clock, HOUR, type Millis, millis, SECOND } from '@p2pshare/base'
import type { ContentKey, LinkEnd, LinkHandler, PeerLink, PeerName } from '@p2pshare/ports'
import {
  type CloseCode,
  type DataMessage,
  type RefuseReason,
  type SwarmMessage,
  WIRE_LIMITS
} from '@p2pshare/wire'
import { LinkConduct } from './link-conduct.ts'
import { type CancelRequest, Outstanding } from './outstanding.ts'
import type { LinkOwner, Outgoing, Participant } from './participant.ts'

/** How long an answer to a block query may take. */
const QUERY_TIMEOUT = millis(10_000)
/**
 * While we read slowly on purpose for longer than this, the peer's answers count as coming, said
 * again and again well before the shortest time-out, 10 s.
 */
const LONG_WAIT = millis(500)
const EXCUSE_INTERVAL = millis(5_000)
/** The round trip is measured no more often than this. */
const PING_EVERY = millis(10 * SECOND)
/** Nonces of measured round trips begin here; those of the shares lie below, those of the link itself above. */
const MEASURED_NONCES = 2n ** 62n
/** Round trips that may be measured at a time: a peer that never answers costs no more. */
const MAX_MEASURED = 64
/** Block queries that may be open with one peer at once. */
const MAX_QUERIES = 8

/**
 * One link and what it is used for: which shares both sides talk about (each side numbers its own
 * slots), which requests are out, and the way of each message to the share it concerns.
 */
export class LinkPeer implements LinkHandler {
  readonly name: PeerName
  readonly link: PeerLink
  readonly outstanding: Outstanding
  readonly #owner: LinkOwner
  readonly #clock: Clock
  readonly #conduct: LinkConduct
  /** Our slots by share; `agreed` once the other side subscribed too. */
  readonly #ours = new Map<string, number>()
  readonly #theirs = new Map<number, string>()
  readonly #queries = new Map<number, (have: Bitfield | undefined) => void>()
  #pingSent: { nonce: bigint; at: Millis } | undefined
  #pingedAt: Millis | undefined
  #roundTrip: Millis | undefined
  #lastQuery = 0
  readonly #measuring = new Map<bigint, (answeredAt: Millis | undefined) => void>()
  #lastNonce = MEASURED_NONCES
  #usedAt: Millis
  #closed = false

  constructor(link: PeerLink, owner: LinkOwner, clock: Clock) {
    this.link = link
    this.name = link.peer
    this.#owner = owner
    this.#clock = clock
    this.#usedAt = clock.now()
    this.#conduct = new LinkConduct(this.#usedAt)
    this.outstanding = new Outstanding(link.maxRequests, (message) => this.send(message))
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The last measured round trip of a control message; undefined before the first. */
  get roundTrip(): Millis | undefined {
    return this.#roundTrip
  }

  /** Whether both sides take part in the share. */
  shares(cid: string): boolean {
    return this.#ours.has(cid) && this.#slotOf(cid) !== undefined
  }

  /** How long nothing has been in common and nothing asked; 0 while the link is of use. */
  unusedFor(now: Millis): Millis {
    const used = this.#ours.size > 0 || this.#theirs.size > 0 || this.outstanding.size > 0
    if (used) this.#usedAt = now
    return millis(now - this.#usedAt)
  }

  send(message: SwarmMessage): void {
    if (!this.#closed) this.link.send(message)
  }

  close(code: CloseCode, text?: string): void {
    if (!this.#closed) this.link.close(code, text)
  }

  /** Says that we take part in a share; the other side answers by its own subscription or a refusal. */
  subscribe(share: Participant, root: Uint8Array): void {
    if (this.#closed || this.#ours.has(share.cid)) return
    const slot = this.#freeSlot()
    if (slot === undefined) return
    this.#ours.set(share.cid, slot)
    this.send({ type: 'subscribe', slot, root, name: share.shareName })
    this.tellPieces(share)
  }

  /** Ends the share on this link; either side's word ends it for both. */
  unsubscribe(cid: string, reason: RefuseReason): void {
    const slot = this.#ours.get(cid)
    this.#forget(cid)
    if (slot !== undefined) this.send({ type: 'unsubscribe', slot, refused: false, reason })
  }

  /** Sends our whole map of a share that both know; nothing before the index is known. */
  tellPieces(share: Participant): void {
    const slot = this.#ours.get(share.cid)
    const pieces = share.pieceMap()
    if (slot !== undefined && pieces !== undefined) this.send({ type: 'piece-map', slot, pieces })
  }

  /** Our slot of a share, for messages about it. */
  slotFor(cid: string): number | undefined {
    return this.#ours.get(cid)
  }

  ask(build: (id: number) => SwarmMessage, work: Outgoing): CancelRequest {
    const { carries } = this.link
    if (carries !== undefined && (work.exact ?? 0) > carries - this.outstanding.awaited)
      return this.#tooMuch(build(0), work)
    return this.outstanding.ask(build, work)
  }

  /** The relay would not let the answer through: of a run fewer pieces may fit, of a single one nothing does. */
  #tooMuch(message: SwarmMessage, work: Outgoing): CancelRequest {
    const isRun = message.type === 'request' && message.count > 1
    queueMicrotask(() => work.refused(isRun ? 'unavailable' : 'unknown-share'))
    return () => {}
  }

  /** Asks which of at most 64 blocks the peer has; undefined when it does not say within 10 s. */
  query(digests: ContentKey[]): Promise<Bitfield | undefined> {
    if (this.#closed || this.#queries.size >= MAX_QUERIES) return Promise.resolve(undefined)
    const id = ++this.#lastQuery
    return new Promise((resolve) => {
      const done = (have: Bitfield | undefined): void => {
        cancel()
        this.#queries.delete(id)
        resolve(have !== undefined && have.length >= digests.length ? have : undefined)
      }
      const cancel = this.#clock.after(QUERY_TIMEOUT, () => done(undefined))
      this.#queries.set(id, done)
      this.send({ type: 'block-query', id, digests })
    })
  }

  /** Measures the round trip, every 10 s at most; the answer updates {@link roundTrip}. */
  ping(nonce: bigint): void {
    const now = this.#clock.now()
    if (this.#pingedAt !== undefined && now - this.#pingedAt < PING_EVERY) return
    this.#pingedAt = now
    this.#pingSent = { nonce, at: now }
    this.send({ type: 'ping', nonce })
  }

  /** Measures one round trip of a control message right now; undefined when the link ends first, or 64 wait. */
  measureRoundTrip(): Promise<Millis | undefined> {
    if (this.#closed || this.#measuring.size >= MAX_MEASURED) return Promise.resolve(undefined)
    const nonce = ++this.#lastNonce
    const sentAt = this.#clock.now()
    return new Promise((resolve) => {
      this.#measuring.set(nonce, (answeredAt) => {
        this.#measuring.delete(nonce)
        resolve(answeredAt === undefined ? undefined : millis(answeredAt - sentAt))
      })
      this.send({ type: 'ping', nonce })
    })
  }

  /** Counts a request of the peer that was refused because it should never have been made. */
  askedInVain(): void {
    const wrong = this.#conduct.refuse(this.#clock.now())
    if (wrong !== undefined) this.#owner.onChatter(this, wrong)
  }

  onMessage(message: SwarmMessage): void {
    const wrong = this.#conduct.receive(message, this.#clock.now())
    if (wrong !== undefined) return this.#owner.onChatter(this, wrong)
    switch (message.type) {
      case 'subscribe':
        return this.#onSubscribe(message)
      case 'unsubscribe':
        return this.#onUnsubscribe(message)
      case 'piece-map':
        return this.#about(message.slot)?.onPieces(this, message.pieces)
      case 'piece-delta':
        return this.#about(message.slot)?.onDelta(this, message.added, message.removed)
      case 'choke':
        return this.#about(message.slot)?.onChoke(this, message.choked)
      case 'interest':
        return this.#about(message.slot)?.onInterest(this, message.interested)
      case 'peer-exchange':
        return this.#about(message.slot)?.onExchange(this, message.records)
      case 'block-query':
        return this.send({ type: 'block-have', id: message.id, have: this.#owner.holds(message.digests) })
      case 'block-have':
        return this.#queries.get(message.id)?.(message.have)
      case 'pong':
        return this.#onPong(message.nonce)
      default:
        return this.#onTransfer(message)
    }
  }

  targetFor(data: DataMessage): Uint8Array | undefined {
    const target = this.outstanding.begin(data)
    if (typeof target !== 'string') return target
    if (target === 'unrequested') this.#owner.onUnrequestedData(this)
    if (target === 'wrong-length')
      this.close('protocol-error', `answer of ${data.length} bytes was not asked for`)
    return undefined
  }

  onDataProgress(data: DataMessage, got: number): void {
    this.outstanding.progress(data, got, this.#clock.now())
  }

  onData(data: DataMessage): void {
    this.outstanding.finish(data)
  }

  pace(data: DataMessage, part: number): Promise<void> | undefined {
    const turn = this.#owner.paceDown(this, this.outstanding.shareOf(data.id), part)
    if (turn === undefined) return undefined
    let stop = (): void => {}
    const excuseAfter = (delay: Millis): void => {
      stop = this.#clock.after(delay, () => {
        this.outstanding.excuse()
        excuseAfter(EXCUSE_INTERVAL)
      })
    }
    excuseAfter(LONG_WAIT)
    return turn.then(() => stop())
  }

  onClose(end: LinkEnd): void {
    this.#closed = true
    const shares = new Set([...this.#ours.keys(), ...this.#theirs.values()])
    this.#ours.clear()
    this.#theirs.clear()
    for (const done of [...this.#queries.values(), ...this.#measuring.values()]) done(undefined)
    this.outstanding.close()
    for (const cid of shares) this.#owner.participant(cid)?.onLeft(this, undefined)
    this.#owner.onLinkClosed(this, end)
  }

  #onTransfer(message: SwarmMessage): void {
    if (message.type === 'request') {
      const cid = this.#theirs.get(message.slot)
      if (cid === undefined) this.send({ type: 'refuse', id: message.id, reason: 'unknown-share' })
      else this.#owner.onRequest(this, cid, message)
    } else if (message.type === 'block-request') this.#owner.onBlockRequest(this, message)
    else if (message.type === 'cancel') this.#owner.onCancel(this, message.id)
    else if (message.type === 'refuse') this.outstanding.refuse(message.id, message.reason)
  }

  #onSubscribe({ slot, root, name }: Extract<SwarmMessage, { type: 'subscribe' }>): void {
    if (this.#theirs.has(slot)) return this.close('protocol-error', `slot ${slot} is in use`)
    const cid = this.#owner.parseRoot(root)
    const share = cid === undefined ? undefined : this.#owner.participant(cid)
    const refusal = share === undefined ? 'unknown-share' : share.refusal()
    if (share === undefined || refusal !== undefined) {
      this.send({ type: 'unsubscribe', slot, refused: true, reason: refusal ?? 'unknown-share' })
      return
    }
    const before = this.#slotOf(share.cid)
    if (before !== undefined) this.#theirs.delete(before)
    this.#theirs.set(slot, share.cid)
    this.subscribe(share, root)
    share.onJoined(this, name)
  }

  #onUnsubscribe(message: { slot: number; refused: boolean; reason: RefuseReason }): void {
    const cid = message.refused ? this.#ourShare(message.slot) : this.#theirs.get(message.slot)
    if (cid === undefined) return
    this.#forget(cid)
    this.#owner.participant(cid)?.onLeft(this, message.refused ? message.reason : undefined)
  }

  #forget(cid: string): void {
    this.#ours.delete(cid)
    const slot = this.#slotOf(cid)
    if (slot !== undefined) this.#theirs.delete(slot)
  }

  #ourShare(slot: number): string | undefined {
    for (const [cid, ours] of this.#ours) if (ours === slot) return cid
    return undefined
  }

  #onPong(nonce: bigint): void {
    this.#measuring.get(nonce)?.(this.#clock.now())
    if (this.#pingSent?.nonce !== nonce) return
    const trip = this.#clock.now() - this.#pingSent.at
    this.#pingSent = undefined
    if (trip >= HOUR) return
    this.#roundTrip = millis(trip)
    for (const cid of this.#theirs.values()) this.#owner.participant(cid)?.onRoundTrip(this)
  }

  #about(slot: number): Participant | undefined {
    const cid = this.#theirs.get(slot)
    return cid === undefined ? undefined : this.#owner.participant(cid)
  }

  /** The lowest number not in use; slots of ended subscriptions are used again. */
  #freeSlot(): number | undefined {
    const taken = new Set(this.#ours.values())
    for (let slot = 0; slot < WIRE_LIMITS.slots; slot++) if (!taken.has(slot)) return slot
    return undefined
  }

  #slotOf(cid: string): number | undefined {
    for (const [slot, share] of this.#theirs) if (share === cid) return slot
    return undefined
  }
}
