import { type Bytes, invariant, type Millis, type PieceIndex } from '@p2pshare/base'
import type { RequestBudget } from './request-budget.ts'

/** A request that is not answered yet. */
export interface OpenRequest {
  readonly id: number
  readonly peer: string
  readonly piece: PieceIndex
  /** 1, or how many whole pieces from `piece` on. */
  readonly count: number
  readonly offset: Bytes
  readonly length: Bytes
  readonly sentAt: Millis
  /** The peer's received bytes at which an answer in order would be complete. */
  readonly dueAt: number
}

/** All open requests of a share, in the order in which each peer was asked. */
export class RequestTable {
  readonly #all = new Map<number, OpenRequest>()
  readonly #byPeer = new Map<string, { requests: Map<number, OpenRequest>; bytes: number }>()
  readonly #budget: RequestBudget
  #bytes = 0
  #nextId = 1

  /** @param budget - told of every request and its end */
  constructor(budget: RequestBudget) {
    this.#budget = budget
  }

  get size(): number {
    return this.#all.size
  }

  /** Bytes asked for and not yet fully received, of all peers. */
  get totalBytes(): number {
    return this.#bytes
  }

  /** Adds a request and gives it an id, unique in this share (ids fit in 32 bits). */
  add(init: Omit<OpenRequest, 'id' | 'dueAt'>, received: number): OpenRequest {
    const id = this.#nextId
    this.#nextId = id === 0xffffffff ? 1 : id + 1
    const dueAt = received + this.bytes(init.peer) + init.length
    const request: OpenRequest = { ...init, id, dueAt }
    this.#all.set(id, request)
    const mine = this.#byPeer.get(init.peer) ?? { requests: new Map(), bytes: 0 }
    mine.requests.set(id, request)
    mine.bytes += init.length
    this.#byPeer.set(init.peer, mine)
    this.#bytes += init.length
    this.#budget.take(init.length)
    return request
  }

  /** The request with this id, if it was made to this peer. */
  get(id: number, peer: string): OpenRequest | undefined {
    const request = this.#all.get(id)
    return request?.peer === peer ? request : undefined
  }

  /** The request with this id, whoever was asked. */
  byId(id: number): OpenRequest | undefined {
    return this.#all.get(id)
  }

  /** Ends a request. */
  remove(request: OpenRequest): void {
    if (!this.#all.delete(request.id)) return
    const mine = this.#byPeer.get(request.peer)
    invariant(mine !== undefined, 'a request without a peer')
    mine.requests.delete(request.id)
    mine.bytes -= request.length
    if (mine.requests.size === 0) this.#byPeer.delete(request.peer)
    this.#bytes -= request.length
    this.#budget.giveBack(request.length)
  }

  /** Open requests to the peer, oldest first; a copy. */
  of(peer: string): OpenRequest[] {
    return [...(this.#byPeer.get(peer)?.requests.values() ?? [])]
  }

  /** The request to the peer that has been open longest. */
  oldest(peer: string): OpenRequest | undefined {
    return this.#byPeer.get(peer)?.requests.values().next().value
  }

  count(peer: string): number {
    return this.#byPeer.get(peer)?.requests.size ?? 0
  }

  /** Bytes asked of the peer and not yet fully received. */
  bytes(peer: string): number {
    return this.#byPeer.get(peer)?.bytes ?? 0
  }

  /** All open requests, oldest first. */
  all(): Iterable<OpenRequest> {
    return this.#all.values()
  }
}
