import { hash } from 'node:crypto'
import type { KeyValueStore } from '@p2pshare/ports'
import { DHT_MESSAGE } from '../../limits/index.ts'
import { decodeRecords, eachRecord, RecordBatch, RecordShard } from './record-shard.ts'

/** Parts of the table; each is written as one row, about 64 kB when a million records are held. */
export const SHARDS = 256
/** After so many records in the log, or so many rows of it, the next shard is written anew. */
const RECORDS_PER_SNAPSHOT = 1024
const ROWS_PER_SNAPSHOT = 16
/** Bytes of the secret that places records: nobody can choose keys that collide. */
const SALT_SIZE = 16
const MAX_KEY = DHT_MESSAGE.maxKeySize

/** Where a multihash lies in the table. */
export interface RecordKey {
  high: number
  low: number
}

/** What becomes of records that are read from disk. */
export interface LoadJudge {
  /** The time that a record gets; undefined leaves it out. */
  time(announcer: number, time: number): number | undefined
  /** A record is in the table that was not. */
  added(announcer: number): void
}

/** What is to be written in one transaction. */
export interface RecordWrites {
  puts: { key: string; value: Uint8Array }[]
  deletes: string[]
}

/**
 * All provider records in memory, 16 bytes each, and how they get to disk: new ones go into a log, and with
 * each piece of log one of 256 shards is written anew, in turn, so that the log stays short and nothing
 * is ever written or read all at once. A record needs no row of its own: only whether it is there is ever asked.
 *
 * Rows: `log/<seq>` and `shard/<n>`, both a sequence number and records. A shard's row holds all up to its number.
 */
export class RecordTable {
  readonly shards = Array.from({ length: SHARDS }, () => new RecordShard())
  /** The salt, and room for the key behind it. */
  readonly #input = new Uint8Array(SALT_SIZE + MAX_KEY)
  readonly #written = new Float64Array(SHARDS)
  readonly #batch = new RecordBatch()
  /** Number of the newest log row, and the oldest that is still needed. */
  #sequence: number
  #oldest: number
  #next = 0
  #recordsSince = 0
  #rowsSince = 0

  /**
   * @param salt - 16 secret bytes, the same for as long as the store lives
   * @param oldest - the first log row that may be there
   * @param newest - the last one
   */
  constructor(salt: Uint8Array, oldest: number, newest: number) {
    this.#input.set(salt.subarray(0, SALT_SIZE))
    this.#oldest = oldest
    this.#sequence = Math.max(newest, oldest - 1)
    this.#written.fill(oldest - 1)
  }

  /** The first log row that {@link load} will need. */
  get oldest(): number {
    return this.#oldest
  }

  /** The last one. */
  get newest(): number {
    return this.#sequence
  }

  /** Records that no row holds yet. */
  get unwritten(): number {
    return this.#batch.size
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.shards.reduce((sum, shard) => sum + shard.bytes, 0)
  }

  keyOf(multihash: Uint8Array): RecordKey {
    this.#input.set(multihash.subarray(0, MAX_KEY), SALT_SIZE)
    const input = this.#input.subarray(0, SALT_SIZE + Math.min(MAX_KEY, multihash.byteLength))
    // As text, since a buffer for each hash lies outside the heap until it is collected.
    const digest = hash('sha256', input, 'latin1')
    return { high: word(digest, 0), low: word(digest, 4) }
  }

  shardOf(key: RecordKey): RecordShard {
    return this.shards[key.high >>> 24] as RecordShard
  }

  /** Adds or renews a record and notes it for the log; answers whether it is new. */
  put(key: RecordKey, announcer: number, time: number): boolean {
    this.#batch.push(key.high, key.low, announcer, time)
    return this.shardOf(key).put(key.high, key.low, announcer, time)
  }

  /**
   * Adds what has to be written to `writes`: the new records, and with enough of them the next shards.
   * @param clean - called before a shard is written, to drop what is dead
   */
  write(writes: RecordWrites, clean: (shard: RecordShard) => void): void {
    if (this.#batch.size > 0) {
      this.#recordsSince += this.#batch.size
      this.#rowsSince++
      this.#sequence++
      writes.puts.push({ key: logRow(this.#sequence), value: this.#batch.take(this.#sequence) })
    }
    while (this.#recordsSince >= RECORDS_PER_SNAPSHOT || this.#rowsSince >= ROWS_PER_SNAPSHOT) {
      this.#recordsSince = Math.max(0, this.#recordsSince - RECORDS_PER_SNAPSHOT)
      this.#rowsSince = 0
      clean(this.shards[this.#next] as RecordShard)
      this.writeShard(this.#next, writes)
      this.#next = (this.#next + 1) % SHARDS
    }
    const needed = Math.min(...this.#written) + 1
    for (; this.#oldest < needed; this.#oldest++) writes.deletes.push(logRow(this.#oldest))
  }

  /** Adds the row of one shard to `writes`. All records must be in the log, or there will be too many log rows to keep. */
  writeShard(index: number, writes: RecordWrites): void {
    this.#written[index] = this.#sequence
    writes.puts.push({ key: shardRow(index), value: this.#shard(index).encode(this.#sequence) })
  }

  /**
   * Reads everything, in steps between which the caller may let others run.
   * @param judge - decides what becomes of each record
   */
  *load(values: KeyValueStore, judge: LoadJudge): Generator<void> {
    for (let index = 0; index < SHARDS; index++) {
      const row = decodeRecords(values.get(shardRow(index)) ?? new Uint8Array(0))
      if (row !== undefined) {
        this.#written[index] = row.first
        this.#shard(index).reserve(row.words.length / 4)
        this.#take(row.words, judge, () => true)
      }
      yield
    }
    for (let sequence = this.#oldest; sequence <= this.#sequence; sequence++) {
      const row = decodeRecords(values.get(logRow(sequence)) ?? new Uint8Array(0))
      if (row !== undefined) {
        this.#take(row.words, judge, (high) => (this.#written[high >>> 24] ?? 0) < sequence)
      }
      yield
    }
  }

  #take(words: Uint32Array, judge: LoadJudge, wanted: (high: number) => boolean): void {
    eachRecord(words, (high, low, announcer, time) => {
      const shard = this.#shard(high >>> 24)
      const known = shard.timeOf(high, low, announcer)
      if (!wanted(high) || (known !== undefined && known >= time)) return
      const kept = judge.time(announcer, time)
      if (kept !== undefined && shard.put(high, low, announcer, kept)) judge.added(announcer)
    })
  }

  #shard(index: number): RecordShard {
    return this.shards[index] as RecordShard
  }
}

function logRow(sequence: number): string {
  return `log/${sequence}`
}

function shardRow(index: number): string {
  return `shard/${index}`
}

/** Four bytes of a text of bytes, as an unsigned number. */
function word(bytes: string, at: number): number {
  const high = (bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1)
  return high * 0x10000 + ((bytes.charCodeAt(at + 2) << 8) | bytes.charCodeAt(at + 3))
}
