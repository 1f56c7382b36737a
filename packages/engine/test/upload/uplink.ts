import { bytes, KiB, millis } from '@p2pshare/base'
import { type UploadRequest, UploadQueue } from '../../src/index.ts'

const STEP = 10
const RANGE = 256 * KiB

/** Peers that always want more, an uplink of so many bytes/s, and receivers that each take so many. */
export class Uplink {
  readonly queue = new UploadQueue()
  /** Bytes that reached each peer. */
  readonly got: number[]
  readonly #capacity: number
  readonly #receivers: readonly number[]
  readonly #serving = new Map<UploadRequest, number>()
  #now = 0
  #id = 0

  constructor(capacity: number, receivers: readonly number[]) {
    this.#capacity = capacity
    this.#receivers = receivers
    this.got = receivers.map(() => 0)
    for (let peer = 0; peer < receivers.length; peer++) for (let i = 0; i < 16; i++) this.#ask(peer)
  }

  get total(): number {
    return this.got.reduce((sum, n) => sum + n, 0)
  }

  /** Lets time pass; the uplink is shared evenly by all that is being sent, within what receivers take. */
  run(ms: number): void {
    for (const end = this.#now + ms; this.#now < end; this.#now += STEP) {
      for (const request of this.queue.next(millis(this.#now))) this.#serving.set(request, request.length)
      this.queue.checkInvariants()
      const shares = this.#shares()
      for (const [request, left] of this.#serving) this.#send(request, left, shares)
    }
  }

  #send(request: UploadRequest, left: number, shares: ReadonlyMap<string, number>): void {
    const part = Math.min(left, shares.get(request.peer) ?? 0)
    const peer = Number(request.peer)
    this.got[peer] = (this.got[peer] ?? 0) + part
    this.#serving.set(request, left - part)
    if (left - part > 0) return
    this.#serving.delete(request)
    this.queue.served(request.peer, request.id, request.length, millis(this.#now))
    this.#ask(peer)
  }

  /** Bytes for each request of a peer in one step: what a receiver does not take is for the others. */
  #shares(): Map<string, number> {
    const open = new Map<string, number>()
    for (const { peer } of this.#serving.keys()) open.set(peer, (open.get(peer) ?? 0) + 1)
    const takes = (peer: string): number => ((this.#receivers[Number(peer)] ?? 0) * STEP) / 1000
    let left = (this.#capacity * STEP) / 1000
    let requests = this.#serving.size
    const shares = new Map<string, number>()
    const hungriestLast = [...open].toSorted(([a, n], [b, m]) => takes(a) / n - takes(b) / m)
    for (const [peer, n] of hungriestLast) {
      const each = Math.min(left / requests, takes(peer) / n)
      shares.set(peer, each)
      left -= each * n
      requests -= n
    }
    return shares
  }

  #ask(peer: number): void {
    this.queue.add({ peer: `${peer}`, id: ++this.#id, length: bytes(RANGE) })
  }
}
