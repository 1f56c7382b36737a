import { bytes, KiB, type Millis } from '@p2pshare/base'
import type { DataMessage, RefuseReason, SwarmMessage } from '@p2pshare/wire'
import type { Outgoing } from './participant.ts'

interface Entry {
  work: Outgoing
  message: SwarmMessage
  state: 'waiting' | 'sent' | 'receiving' | 'cancelled'
  /** Bytes of its answer that its work was told of. */
  told: number
}

/**
 * Progress is told when so many bytes came in, or so much time (ms) passed, since the last time: a quick peer's bytes
 * come in tens of thousands of parts a second, and each one told costs as much as its decryption.
 */
const TELL_BYTES = 256 * KiB
const TELL_AFTER = 5

/** Takes back a request. */
export type CancelRequest = () => void

/**
 * The requests that one peer owes answers to. Ids are per link, across shares. No more than the
 * peer allows are out at once; the rest wait their turn here. Every request that was sent stays
 * until its answer, its refusal or the end of the link, so an answer to a cancelled one is told
 * from data that nobody asked for.
 */
export class Outstanding {
  readonly #limit: number
  readonly #send: (message: SwarmMessage) => void
  readonly #entries = new Map<number, Entry>()
  readonly #waiting: number[] = []
  #sent = 0
  #lastId = 0
  #toldAt = 0

  /** @param limit - requests that the peer is willing to hold for us */
  constructor(limit: number, send: (message: SwarmMessage) => void) {
    this.#limit = limit
    this.#send = send
  }

  /** Requests that have not ended. */
  get size(): number {
    return this.#entries.size
  }

  /** Bytes of all answers whose length is known and that have not come. */
  get awaited(): number {
    let sum = 0
    for (const { work, told } of this.#entries.values()) sum += (work.exact ?? 0) - told
    return sum
  }

  /** Sends (or queues) a request; `build` gets its id. */
  ask(build: (id: number) => SwarmMessage, work: Outgoing): CancelRequest {
    const id = this.#nextId()
    this.#entries.set(id, { work, message: build(id), state: 'waiting', told: 0 })
    this.#waiting.push(id)
    this.#pump()
    return () => this.#cancel(id)
  }

  /** What to do with an answer that begins: fill a view, drop it, or it's a breach. */
  begin(data: DataMessage): Uint8Array | 'drop' | 'unrequested' | 'wrong-length' {
    const entry = this.#entries.get(data.id)
    if (entry === undefined || entry.state === 'waiting' || entry.state === 'receiving') return 'unrequested'
    if (entry.state === 'cancelled') {
      this.#end(data.id)
      return 'drop'
    }
    const { exact, most } = entry.work
    if (exact === undefined ? data.length > most : data.length !== exact) return 'wrong-length'
    entry.state = 'receiving'
    return entry.work.open(data.length)
  }

  /** The first `got` bytes of an answer are in. */
  progress(data: DataMessage, got: number, now: Millis): void {
    const entry = this.#entries.get(data.id)
    if (entry?.state !== 'receiving') return
    if (got - entry.told < TELL_BYTES && now - this.#toldAt < TELL_AFTER) return
    this.#toldAt = now
    tell(entry, got)
  }

  /** The share that an answer is for, while it comes in. */
  shareOf(id: number): string | undefined {
    return this.#entries.get(id)?.work.share
  }

  /** Says of every answer that is awaited that it is not the peer that makes it wait. */
  excuse(): void {
    for (const { state, work } of [...this.#entries.values()])
      if (state === 'sent' || state === 'receiving') work.progress(bytes(0))
  }

  finish(data: DataMessage): void {
    const entry = this.#entries.get(data.id)
    if (entry === undefined) return
    this.#end(data.id)
    if (entry.state === 'receiving') {
      tell(entry, data.length)
      entry.work.arrived()
    } else entry.work.lost()
  }

  refuse(id: number, reason: RefuseReason): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.state === 'waiting' || entry.state === 'receiving') return
    this.#end(id)
    if (entry.state === 'sent') entry.work.refused(reason)
  }

  /** The link is gone: everything that was asked is lost. */
  close(): void {
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    this.#waiting.length = 0
    for (const { work } of entries) work.lost()
  }

  #cancel(id: number): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.state === 'cancelled') return
    if (entry.state === 'waiting') {
      this.#entries.delete(id)
      entry.work.lost()
      return
    }
    // While bytes are arriving the writer stays; `finish` ends it.
    if (entry.state === 'receiving') {
      entry.work = { ...entry.work, progress: () => {}, arrived: entry.work.lost }
      return
    }
    entry.state = 'cancelled'
    entry.work.lost()
    this.#send({ type: 'cancel', id })
  }

  #end(id: number): void {
    this.#entries.delete(id)
    this.#sent--
    this.#pump()
  }

  #pump(): void {
    while (this.#sent < this.#limit) {
      const id = this.#waiting.shift()
      if (id === undefined) return
      const entry = this.#entries.get(id)
      if (entry === undefined) continue
      entry.state = 'sent'
      this.#sent++
      this.#send(entry.message)
    }
  }

  #nextId(): number {
    do {
      this.#lastId = this.#lastId === 0xffff_ffff ? 1 : this.#lastId + 1
    } while (this.#entries.has(this.#lastId))
    return this.#lastId
  }
}

function tell(entry: Entry, got: number): void {
  const news = got - entry.told
  if (news === 0) return
  entry.told = got
  entry.work.progress(bytes(news))
}
