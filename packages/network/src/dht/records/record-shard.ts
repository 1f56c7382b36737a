/** Words of one record: two of the key's hash, who announced it, when. */
const WORDS = 4
/** Bytes of one record, in memory and, without SQLite's share, on disk. */
const RECORD_SIZE = 4 * WORDS
/** Records per place above which the table grows. */
const MAX_LOAD = 0.8

const NONE = new Uint32Array(0)

/** Told each record: a keyed hash of the multihash (64 bits), the announcer's id, seconds since 1970. */
type TakeRecord = (high: number, low: number, announcer: number, time: number) => void

/**
 * A part of all provider records in one typed array, 16 bytes each: open addressing with linear probing,
 * so records of one key lie side by side. Announcer 0 marks a free place. Only {@link keep} removes, by
 * building the table anew, so there are no tombstones.
 */
export class RecordShard {
  #words = NONE
  #size = 0

  /** Records held. */
  get size(): number {
    return this.#size
  }

  /** Whether the next new record would make the table grow. */
  get full(): boolean {
    return (this.#size + 1) * WORDS > this.#words.length * MAX_LOAD
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.#words.byteLength
  }

  /** The time of a record; undefined when there is none. */
  timeOf(high: number, low: number, announcer: number): number | undefined {
    const at = this.#placeOf(high, low, announcer)
    return at !== undefined && this.#words[at + 2] === announcer ? this.#words[at + 3] : undefined
  }

  /** Adds a record, or changes its time; answers whether it is new. */
  put(high: number, low: number, announcer: number, time: number): boolean {
    if (this.full) this.#resize(Math.ceil(Math.max(8, this.#size * 1.6)))
    const at = this.#placeOf(high, low, announcer) ?? 0
    const isNew = this.#words[at + 2] === 0
    this.#words.set([high, low, announcer, time], at)
    if (isNew) this.#size++
    return isNew
  }

  /** Calls `take` for each record of a key. */
  each(high: number, low: number, take: (announcer: number, time: number) => void): void {
    const words = this.#words
    if (words.length === 0) return
    for (let at = this.#home(low); words[at + 2] !== 0; at = next(at, words.length)) {
      if (words[at] === high && words[at + 1] === low) take(words[at + 2] ?? 0, words[at + 3] ?? 0)
    }
  }

  /** Removes every record for which `stays` is false; answers how many these were. */
  keep(stays: (announcer: number, time: number, high: number, low: number) => boolean): number {
    const words = this.#words
    const kept: number[] = []
    for (let at = 0; at < words.length; at += WORDS) {
      const announcer = words[at + 2] ?? 0
      if (announcer !== 0 && stays(announcer, words[at + 3] ?? 0, words[at] ?? 0, words[at + 1] ?? 0))
        kept.push(at)
    }
    const removed = this.#size - kept.length
    if (removed > 0) this.#rebuild(kept, Math.ceil(kept.length * 1.3))
    return removed
  }

  /** All records behind a first word that is the caller's: what {@link eachRecord} reads; a new buffer. */
  encode(first: number): Uint8Array {
    const out = new Uint32Array(1 + this.#size * WORDS)
    out[0] = first
    let to = 1
    for (let at = 0; at < this.#words.length; at += WORDS) {
      if (this.#words[at + 2] === 0) continue
      out.set(this.#words.subarray(at, at + WORDS), to)
      to += WORDS
    }
    return new Uint8Array(out.buffer)
  }

  #resize(places: number): void {
    const used: number[] = []
    for (let at = 0; at < this.#words.length; at += WORDS) if (this.#words[at + 2] !== 0) used.push(at)
    this.#rebuild(used, places)
  }

  #rebuild(kept: readonly number[], places: number): void {
    const old = this.#words
    // One place always stays free, which ends every search.
    this.#words = new Uint32Array(Math.max(places, kept.length + 2) * WORDS)
    this.#size = kept.length
    for (const from of kept) {
      let at = this.#home(old[from + 1] ?? 0)
      while (this.#words[at + 2] !== 0) at = next(at, this.#words.length)
      this.#words.set(old.subarray(from, from + WORDS), at)
    }
  }

  /** Where a record is, or the free place where it would go. */
  #placeOf(high: number, low: number, announcer: number): number | undefined {
    const words = this.#words
    if (words.length === 0) return undefined
    for (let at = this.#home(low); ; at = next(at, words.length)) {
      const there = words[at + 2]
      if (there === 0 || (there === announcer && words[at] === high && words[at + 1] === low)) return at
    }
  }

  /** The hash spread over any number of places, so that the table need not double to grow. */
  #home(low: number): number {
    return Math.floor((low / 2 ** 32) * (this.#words.length / WORDS)) * WORDS
  }
}

function next(at: number, length: number): number {
  return at + WORDS === length ? 0 : at + WORDS
}

/** The records of an encoded row, and its first word; undefined for what is none. */
export function decodeRecords(bytes: Uint8Array): { first: number; words: Uint32Array } | undefined {
  if (bytes.byteLength < 4 || (bytes.byteLength - 4) % RECORD_SIZE !== 0) return undefined
  const words = new Uint32Array(bytes.slice().buffer)
  return { first: words[0] ?? 0, words: words.subarray(1) }
}

/** Calls `take` for each record of {@link decodeRecords}. */
export function eachRecord(words: Uint32Array, take: TakeRecord): void {
  for (let at = 0; at + WORDS <= words.length; at += WORDS)
    take(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0)
}

/** Records in the order of their arrival, to be written together. */
export class RecordBatch {
  readonly #words: number[] = []

  get size(): number {
    return this.#words.length / WORDS
  }

  push(high: number, low: number, announcer: number, time: number): void {
    this.#words.push(high, low, announcer, time)
  }

  /** The row, and an empty batch again. */
  take(first: number): Uint8Array {
    return new Uint8Array(Uint32Array.from([first, ...this.#words.splice(0)]).buffer)
  }
}
