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
 * filling the table anew, so there are no tombstones.
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
    if (this.full) this.#resize(Math.max(8, Math.ceil(this.#size * 1.6)))
    const at = this.#placeOf(high, low, announcer) ?? 0
    const isNew = this.#words[at + 2] === 0
    this.#words[at] = high
    this.#words[at + 1] = low
    this.#words[at + 2] = announcer
    this.#words[at + 3] = time
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
    const kept = borrow(this.#size * WORDS)
    let filled = 0
    for (let at = 0; at < words.length; at += WORDS) {
      const announcer = words[at + 2] ?? 0
      if (announcer === 0 || !stays(announcer, words[at + 3] ?? 0, words[at] ?? 0, words[at + 1] ?? 0))
        continue
      for (let word = 0; word < WORDS; word++) kept[filled + word] = words[at + word] ?? 0
      filled += WORDS
    }
    const removed = this.#size - filled / WORDS
    if (removed > 0) this.#refill(kept.subarray(0, filled), words.length / WORDS)
    return removed
  }

  /** Makes room for so many records, where it is known that they come. */
  reserve(records: number): void {
    if ((this.#size + records) * WORDS > this.#words.length * MAX_LOAD)
      this.#resize(Math.ceil((this.#size + records) / MAX_LOAD) + 1)
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
    const all = borrow(this.#size * WORDS)
    let filled = 0
    for (let at = 0; at < this.#words.length; at += WORDS) {
      if (this.#words[at + 2] === 0) continue
      for (let word = 0; word < WORDS; word++) all[filled + word] = this.#words[at + word] ?? 0
      filled += WORDS
    }
    this.#refill(all.subarray(0, filled), places)
  }

  /** Places records anew, in the same memory unless it is too small, or more than twice what they need. */
  #refill(records: Uint32Array, places: number): void {
    const needed = Math.ceil(records.length / WORDS / MAX_LOAD) + 1
    const wanted = Math.max(needed, places > 2 * needed + 8 ? needed : places)
    if (wanted * WORDS === this.#words.length) this.#words.fill(0)
    else this.#words = new Uint32Array(wanted * WORDS)
    this.#size = records.length / WORDS
    for (let from = 0; from < records.length; from += WORDS) {
      let at = this.#home(records[from + 1] ?? 0)
      while (this.#words[at + 2] !== 0) at = next(at, this.#words.length)
      for (let word = 0; word < WORDS; word++) this.#words[at + word] = records[from + word] ?? 0
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

/** Memory in which one shard's records lie while it is filled anew: garbage of a megabyte a second would be seen. */
let borrowed = NONE

function borrow(words: number): Uint32Array {
  if (borrowed.length < words) borrowed = new Uint32Array(2 * words)
  return borrowed
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
  /** The first word is left free. */
  #words = new Uint32Array(1 + 64 * WORDS)
  #size = 0

  get size(): number {
    return this.#size
  }

  push(high: number, low: number, announcer: number, time: number): void {
    const at = 1 + this.#size * WORDS
    if (at + WORDS > this.#words.length) {
      const larger = new Uint32Array(1 + 2 * this.#size * WORDS)
      larger.set(this.#words)
      this.#words = larger
    }
    this.#words[at] = high
    this.#words[at + 1] = low
    this.#words[at + 2] = announcer
    this.#words[at + 3] = time
    this.#size++
  }

  /** The row, and an empty batch again. */
  take(first: number): Uint8Array {
    const row = this.#words.slice(0, 1 + this.#size * WORDS)
    row[0] = first
    this.#size = 0
    return new Uint8Array(row.buffer)
  }
}
