/** What of a share counts. */
interface Counted {
  readonly cid: string
  readonly uploaded: number
  readonly downloaded: number
}

/**
 * Bytes sent and received since the start, over all shares, also those that are removed meanwhile: the totals of
 * shares are older than the daemon, and go with them, so a sum of them would fall.
 */
export class ByteCount {
  readonly #seen = new Map<string, { uploaded: number; downloaded: number }>()
  sent = 0
  received = 0

  /** @param atStart - the shares as the catalogue had them when the daemon started */
  constructor(atStart: Iterable<Counted>) {
    for (const { cid, uploaded, downloaded } of atStart) this.#seen.set(cid, { uploaded, downloaded })
  }

  /** Adds what came since the last look; to be called before a share is removed, too. */
  look(shares: Iterable<Counted>): void {
    const there = new Set<string>()
    for (const { cid, uploaded, downloaded } of shares) {
      const before = this.#seen.get(cid) ?? { uploaded: 0, downloaded: 0 }
      // A share that was removed and seeded again begins at nothing.
      this.sent += Math.max(0, uploaded - before.uploaded)
      this.received += Math.max(0, downloaded - before.downloaded)
      this.#seen.set(cid, { uploaded, downloaded })
      there.add(cid)
    }
    for (const cid of this.#seen.keys()) if (!there.has(cid)) this.#seen.delete(cid)
  }

  /**
   * Counts what a share brought that is gone by now, and forgets it: when it comes back, as one that is read again and
   * again, it begins at nothing.
   */
  lookLast(gone: Counted, others: Iterable<Counted>): void {
    this.look([...others, gone])
    this.#seen.delete(gone.cid)
  }
}
