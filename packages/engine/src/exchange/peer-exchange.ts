import { invariant, type Millis, millis, type Rng } from '@p2pshare/base'
import { CandidateBook } from './candidate-book.ts'
import { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits } from './exchange-limits.ts'
import {
  type ExchangePeer,
  type ExchangeRecord,
  type Member,
  namesItsHost,
  newMember,
  type RecordKind
} from './exchange-member.ts'
import { type BudgetVerdict, RecordBudget } from './record-budget.ts'

/** A message to be sent. */
export interface Telling {
  readonly peer: string
  readonly records: readonly Uint8Array[]
}

/** What the rules must know of the node when they tell. */
export interface TellingContext {
  /** Our own records, each missing while we have no such address. */
  readonly own: { readonly [Kind in RecordKind]?: Uint8Array | undefined }
  /** Whether the peer has all pieces, thus seeks nobody. */
  isComplete(peer: string): boolean
}

/** Who told of a peer that may be dialled, and where that is. */
export interface ExchangedPeer {
  readonly peer: string
  readonly addresses: readonly string[]
}

/**
 * Peer exchange of one share: whom to tell which signed records and when, and whose word to take
 * (BEP 11's idea with signed records). Signatures are the caller's matter. Memory: a few records per
 * connected member, {@link ExchangeLimits.candidates} names.
 */
export class PeerExchangeRules {
  readonly #self: string
  readonly #rng: Rng
  readonly #limits: ExchangeLimits
  readonly #members = new Map<string, Member>()
  /** Outlive the membership for a while: coming back brings no new budget. */
  readonly #budgets = new Map<string, RecordBudget>()
  readonly #book: CandidateBook
  /** Counts changes of the members' records: without one there is nothing to look for. */
  #version = 0

  constructor(init: { self: string; rng: Rng; limits?: Partial<ExchangeLimits> }) {
    this.#self = init.self
    this.#rng = init.rng
    this.#limits = { ...DEFAULT_EXCHANGE_LIMITS, ...init.limits }
    this.#book = new CandidateBook(this.#limits.candidates)
  }

  /** Peers that take part now. */
  get members(): IterableIterator<string> {
    return this.#members.keys()
  }

  /** Peers remembered from others' words. */
  get known(): number {
    return this.#book.size
  }

  /** The peer takes part; whatever we knew of an earlier time with it is forgotten. */
  joined(peer: ExchangePeer, now: Millis): void {
    this.left(peer.peer)
    this.#members.set(peer.peer, newMember(peer, now))
  }

  left(peer: string): void {
    if (!this.#members.delete(peer)) return
    for (const { told } of this.#members.values()) for (const kind of KINDS) told.delete(key(peer, kind))
  }

  /** A message with so many records came: whether to open them. */
  receive(peer: string, records: number, now: Millis): BudgetVerdict {
    const budget = this.#budgets.get(peer) ?? new RecordBudget(this.#limits, now)
    this.#budgets.set(peer, budget)
    const verdict = budget.take(records, now)
    return verdict === 'taken' && !this.#members.has(peer) ? 'ignored' : verdict
  }

  /**
   * Takes a record whose signature is good.
   * @param seeking - whether this node looks for peers; otherwise only the teller's own record counts
   * @returns whom to dial; undefined for what is known, of no use, or must not be followed
   */
  accept(teller: string, record: ExchangeRecord, seeking: boolean): ExchangedPeer | undefined {
    const member = this.#members.get(teller)
    if (member === undefined || record.peer === this.#self) return undefined
    // A stranger on the internet must not make us knock at doors of our own LAN.
    if (record.hasPrivate && !member.lan) return undefined
    if (record.peer === teller) this.#noteOwn(member, record)
    if (!seeking || !this.#book.add(teller, nameOf(record), record.sequence)) return undefined
    return { peer: record.peer, addresses: record.addresses }
  }

  /** The messages that are due, to be sent at once. */
  tellings(context: TellingContext, now: Millis): Telling[] {
    for (const [peer, budget] of this.#budgets) if (budget.isWhole(now)) this.#budgets.delete(peer)
    const due: Telling[] = []
    for (const member of this.#members.values()) {
      if (member.next > now) continue
      const records = [...this.#ownNews(member, context), ...this.#news(member, context)]
      const { firstDelay, interval } = this.#limits
      if (!member.greeted) member.next = millis(now + firstDelay)
      else if (records.length > 0) member.next = millis(now + interval)
      member.greeted = true
      if (records.length > 0) due.push({ peer: member.peer, records })
    }
    return due
  }

  /** Throws when a bound does not hold; for tests. */
  checkInvariants(): void {
    this.#book.checkInvariants()
    const { size } = this.#members
    for (const member of this.#members.values()) {
      invariant(member.own.size <= KINDS.length, 'too many records of one member')
      invariant(member.told.size <= KINDS.length * size, 'told of more than there are')
      invariant(!member.told.has(key(member.peer, 'private')), 'told a member of itself')
    }
  }

  #noteOwn(member: Member, record: ExchangeRecord): void {
    const kind = kindOf(record)
    const before = member.own.get(kind)
    if (before !== undefined && before.sequence >= record.sequence) return
    if (!namesItsHost(record, member.remoteAddress)) return
    member.own.set(kind, record)
    this.#version++
  }

  /** Our own records, if the member has not got them. */
  #ownNews(member: Member, { own }: TellingContext): Uint8Array[] {
    const records = [member.lan ? own.private : undefined, own.public].filter((each) => each !== undefined)
    const different = records.filter((each, i) => records.indexOf(each) === i)
    const isNews = different.some((each) => !member.toldOwn.includes(each))
    member.toldOwn = different
    return isNews ? different : []
  }

  /** Some of what other members say of themselves, a random choice where there is too much. */
  #news(to: Member, context: TellingContext): Uint8Array[] {
    if (!to.greeted || to.seen === this.#version || context.isComplete(to.peer)) return []
    const fresh: ExchangeRecord[] = []
    for (const member of this.#members.values()) {
      if (member === to) continue
      for (const record of member.own.values()) if (this.#isNews(to, record)) fresh.push(record)
    }
    const room = this.#limits.perMessage - KINDS.length
    const chosen: Uint8Array[] = []
    while (chosen.length < room && fresh.length > 0) {
      const at = this.#rng.below(fresh.length)
      const record = fresh[at] as ExchangeRecord
      const last = fresh.pop() as ExchangeRecord
      if (at < fresh.length) fresh[at] = last
      to.told.set(nameOf(record), record.sequence)
      chosen.push(record.bytes)
    }
    if (fresh.length === 0) to.seen = this.#version
    return chosen
  }

  #isNews(to: Member, record: ExchangeRecord): boolean {
    if (record.peer === to.peer || (record.hasPrivate && !to.lan)) return false
    const told = to.told.get(nameOf(record))
    return told === undefined || told < record.sequence
  }
}

const KINDS: readonly RecordKind[] = ['private', 'public']
const kindOf = (record: ExchangeRecord): RecordKind => (record.hasPrivate ? 'private' : 'public')
const key = (peer: string, kind: RecordKind): string => `${peer} ${kind}`
const nameOf = (record: ExchangeRecord): string => key(record.peer, kindOf(record))
