/** A share whose pieces are to be verified. */
export interface CheckedShare {
  readonly cid: string
  /** Resolves when done, whatever came of it. */
  verify(): Promise<void>
}

/**
 * Lets so many shares at a time be verified; the others go on with what they do until their turn comes. Not kept over
 * restarts, no more than a check is.
 */
export class CheckQueue {
  readonly #running = new Set<string>()
  readonly #waiting = new Map<string, CheckedShare>()
  #limit: number | undefined
  #stopped = false

  /** @param limit - checks at a time; undefined = no limit */
  constructor(limit: number | undefined) {
    this.#limit = limit
  }

  /** Checks at a time; undefined = no limit. */
  get limit(): number | undefined {
    return this.#limit
  }

  /** Hashes of shares that wait, first to last. */
  get waiting(): string[] {
    return [...this.#waiting.keys()]
  }

  /** Hashes of shares that are verified now. */
  get running(): string[] {
    return [...this.#running]
  }

  /** Begins at once, or when its turn comes; one that is under way or waits already is left as it is. */
  check(share: CheckedShare): 'checking' | 'queued' {
    if (!this.#running.has(share.cid)) this.#waiting.set(share.cid, this.#waiting.get(share.cid) ?? share)
    this.#pump()
    return this.#running.has(share.cid) ? 'checking' : 'queued'
  }

  /** The share is gone. */
  forget(cid: string): void {
    this.#waiting.delete(cid)
  }

  configure(limit: number | undefined): void {
    this.#limit = limit
    this.#pump()
  }

  /** Nothing begins any more. */
  stop(): void {
    this.#stopped = true
    this.#waiting.clear()
  }

  /** What a share waits for, in words; undefined when it does not. */
  words(cid: string): string | undefined {
    if (!this.#waiting.has(cid)) return undefined
    const place = this.waiting.indexOf(cid) + 1
    return `waits to be verified, place ${place} of ${this.#waiting.size}`
  }

  #pump(): void {
    for (const [cid, share] of this.#waiting) {
      if (this.#stopped || this.#running.size >= (this.#limit ?? Number.POSITIVE_INFINITY)) return
      this.#waiting.delete(cid)
      this.#running.add(cid)
      void share.verify().finally(() => {
        this.#running.delete(cid)
        this.#pump()
      })
    }
  }
}
