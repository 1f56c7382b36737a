import type { CancelTimer, Clock, Rng } from '@p2pshare/base'
import type { KeyValueStore, Log, PeerName } from '@p2pshare/ports'
import { reasonOf } from '../errors.ts'
import { RECORDS } from '../limits/index.ts'
import { type Announcer, AnnouncerBook, announcerBlock } from './records/announcer-book.ts'
import { AnnouncerRows } from './records/announcer-rows.ts'
import { makeRoomAtKey } from './records/key-room.ts'
import { dropUselessRows, freshState, loadState, saveState } from './records/record-state.ts'
import { type QuotaMember, RecordQuota } from './records/record-quota.ts'
import type { RecordShard } from './records/record-shard.ts'
import { type RecordKey, RecordTable, type RecordWrites, SHARDS } from './records/record-table.ts'

/** Someone else's word that it has the content of a key. */
export interface StoredProvider {
  peer: PeerName
  /** Multiaddrs as text, checked when they were stored. */
  addresses: readonly string[]
}

/** Who says that it has something. */
export interface RecordSource {
  peer: PeerName
  /** IP literal that its connection comes from; undefined through a relay. */
  host: string | undefined
  /** Checked multiaddrs, at most {@link DHT_MESSAGE.maxAddresses}; they replace those of its other records too. */
  addresses: readonly string[]
}

/** What {@link ProviderRecords} is made of. */
export interface ProviderRecordsInit {
  values: KeyValueStore
  clock: Clock
  rng: Rng
  /** Where trouble with the disk is told. */
  log?: Pick<Log, 'warn'>
  /** What all DHTs of the node keep together; this one alone may keep `RECORDS.max` unless told. */
  quota?: RecordQuota
  limits?: Partial<{ [K in keyof typeof RECORDS]: number }>
  /** Lets others run between two steps of reading or cleaning up. */
  pause?: () => Promise<void>
}

/**
 * The provider records that this node keeps as a DHT server, durable and bounded: at most
 * `RECORDS.max` in all, where a full store first drops records of the heaviest announcer
 * (reliability.md D2), and `RECORDS.maxPerKey` a key. No step takes longer than some milliseconds,
 * however much is held.
 *
 * Times are those of receipt by our clock (D8). Ages are measured on the monotonic clock, so that a
 * change of the wall clock ends no record; one whose time lies in the future at a start counts as new.
 */
export class ProviderRecords implements QuotaMember {
  /** Resolves when all records of the last run are read; nothing may be added before. */
  readonly loaded: Promise<void>
  readonly #init: ProviderRecordsInit
  readonly #limits: { [K in keyof typeof RECORDS]: number }
  readonly #book = new AnnouncerBook()
  readonly #rows: AnnouncerRows
  readonly #table: RecordTable
  /** Wall time minus monotonic time at the start, ms. */
  readonly #epoch: number
  readonly #salt: Uint8Array
  readonly #hasState: boolean
  #isLoaded = false
  #stopped = false
  /** Whether the disk refused last time: then it is asked again with time, not with each record. */
  #failing = false
  #evictFrom = 0
  #writeTimer: CancelTimer | undefined
  #sweepTimer: CancelTimer | undefined
  readonly #pause: () => Promise<void>
  readonly #quota: RecordQuota
  readonly #setLoaded: () => void

  constructor(init: ProviderRecordsInit) {
    this.#init = init
    this.#limits = { ...RECORDS, ...init.limits }
    this.#pause = init.pause ?? nextTurn
    this.#quota = init.quota ?? new RecordQuota(this.#limits.max)
    this.#quota.join(this)
    this.#epoch = init.clock.wallTime() - init.clock.now()
    this.#rows = new AnnouncerRows(init.values)
    const found = loadState(init.values)
    const state = found ?? freshState()
    this.#salt = state.salt
    this.#hasState = found !== undefined
    this.#table = new RecordTable(this.#salt, state.oldestLog, state.newestLog)
    this.#book.startIdsAt(state.nextId)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.loaded = promise
    this.#setLoaded = resolve
    // Nothing to read: at work from the first moment.
    if (found === undefined && isEmpty(init.values)) this.#finishLoading()
  }

  /** Reads what the last run left, and begins to delete expired records from time to time. */
  start(): void {
    this.load().catch((error: unknown) => {
      this.#init.log?.warn({ error: reasonOf(error) }, 'provider records of the last run cannot be read')
      if (!this.#stopped) this.#finishLoading()
    })
    this.#armSweep()
  }

  /** Writes what is held in memory and ends all timers. */
  stop(): void {
    this.#stopped = true
    this.#sweepTimer?.()
    this.flush()
  }

  /** The clock that all times of records come from. */
  get clock(): Clock {
    return this.#init.clock
  }

  /** Records held in all. */
  get size(): number {
    return this.#book.total
  }

  /** Records of the heaviest network. */
  get weight(): number {
    return this.#book.weight
  }

  /** Bytes of memory that the records take, without their announcers. */
  get bytes(): number {
    return this.#table.bytes
  }

  /** Reads all rows, a few milliseconds at a time. Once. */
  async load(): Promise<void> {
    if (this.#isLoaded) return
    const now = this.#now()
    const judge = {
      time: (id: number, time: number): number | undefined =>
        this.#book.byId(id) === undefined || now - time > this.#validity ? undefined : Math.min(time, now),
      added: (id: number): void => {
        const announcer = this.#book.byId(id)
        if (announcer !== undefined) this.#book.count(announcer, 1)
      }
    }
    const { values } = this.#init
    if (!this.#hasState) await this.#inSteps(dropUselessRows(values))
    await this.#inSteps(this.#rows.load(this.#book))
    await this.#inSteps(this.#table.load(values, judge))
    if (this.#stopped) return
    for (const announcer of [...this.#book.all()]) if (announcer.count === 0) this.#forget(announcer)
    this.#quota.makeRoom()
    this.#finishLoading()
  }

  #finishLoading(): void {
    this.#isLoaded = true
    this.#setLoaded()
  }

  /** Takes or renews one record. */
  add(multihash: Uint8Array, { peer, host, addresses }: RecordSource): void {
    if (!this.#isLoaded) return
    const key = this.#table.keyOf(multihash)
    const announcer = this.#announcer(peer, announcerBlock(host))
    this.#rows.set(announcer, addresses)
    const now = this.#now()
    const known = this.#table.shardOf(key).timeOf(key.high, key.low, announcer.id)
    if (known === undefined) this.#addNew(key, announcer, now)
    // What was just said again is no news; so a repetition costs no disk.
    else if (now - known >= this.#limits.renewAfter / 1000) this.#table.put(key, announcer.id, now)
    if (announcer.count === 0) this.#forget(announcer)
    const unwritten = this.#table.unwritten + this.#rows.unwritten
    if (unwritten >= this.#limits.maxUnwritten && !this.#failing) this.flush()
    else this.#writeTimer ??= this.#init.clock.after(this.#limits.writeDelay as never, () => this.flush())
  }

  #addNew(key: RecordKey, announcer: Announcer, now: number): void {
    const shard = this.#table.shardOf(key)
    const room = makeRoomAtKey(shard, key, announcer, {
      most: this.#limits.maxPerKey,
      live: (id, time) => this.#live(id, time, now),
      dropped: (loser) => this.#uncount(loser.id)
    })
    if (!room) return
    if (shard.full) this.#clean(shard)
    if (!this.#table.put(key, announcer.id, now)) return
    this.#book.count(announcer, 1)
    this.#quota.makeRoom()
  }

  /** Providers of a key whose records have not expired, at most `limit`; a random choice when there are more. */
  providers(multihash: Uint8Array, limit: number): StoredProvider[] {
    const key = this.#table.keyOf(multihash)
    const now = this.#now()
    const valid: Announcer[] = []
    this.#table.shardOf(key).each(key.high, key.low, (id, time) => {
      const announcer = this.#live(id, time, now)
      if (announcer !== undefined) valid.push(announcer)
    })
    const out: StoredProvider[] = []
    while (out.length < limit && valid.length > 0) {
      const [announcer] = valid.splice(this.#init.rng.below(valid.length), 1)
      const addresses = announcer === undefined ? [] : this.#rows.addresses(announcer)
      if (announcer !== undefined && addresses.length > 0) out.push({ peer: announcer.peer, addresses })
    }
    return out
  }

  /** Deletes expired records, a few milliseconds at a time. */
  async sweep(): Promise<void> {
    await this.loaded
    this.flush()
    for (let index = 0; index < SHARDS && !this.#stopped; index++) {
      if (this.#clean(this.#table.shards[index] as RecordShard) === 0) continue
      const writes: RecordWrites = { puts: [], deletes: [] }
      this.#table.writeShard(index, writes)
      this.#commit(writes)
      await this.#pause()
    }
    // Announcers that have nothing left.
    this.flush()
  }

  /** Writes what is held in memory, in one transaction. When the disk refuses, records live in memory until it takes them. */
  flush(): void {
    this.#writeTimer?.()
    this.#writeTimer = undefined
    if (!this.#isLoaded || this.#table.unwritten + this.#rows.unwritten === 0) return
    const writes: RecordWrites = { puts: [], deletes: [] }
    this.#table.write(writes, (shard) => this.#clean(shard))
    this.#rows.write(writes)
    if (this.#commit(writes)) this.#rows.written()
  }

  #commit(writes: RecordWrites): boolean {
    const { oldest, newest } = this.#table
    const state = { salt: this.#salt, oldestLog: oldest, newestLog: newest, nextId: this.#book.nextId }
    try {
      this.#init.values.batch([...writes.puts, saveState(state)], writes.deletes)
      this.#failing = false
    } catch (error) {
      if (!this.#failing)
        this.#init.log?.warn(
          { error: reasonOf(error) },
          'provider records cannot be written; they are kept in memory'
        )
      this.#failing = true
    }
    return !this.#failing
  }

  get #validity(): number {
    return this.#limits.validity / 1000
  }

  /** Seconds since 1970 as our monotonic clock has counted them since the start. */
  #now(): number {
    return Math.floor((this.#epoch + this.#init.clock.now()) / 1000)
  }

  #live(id: number, time: number, now: number): Announcer | undefined {
    return now - time > this.#validity ? undefined : this.#book.byId(id)
  }

  #announcer(peer: PeerName, block: string): Announcer {
    const known = this.#book.byPeer(peer)
    if (known !== undefined) {
      this.#book.move(known, block)
      return known
    }
    if (this.#book.size >= this.#limits.maxAnnouncers) {
      // Whoever comes with many names from one place loses the oldest of them.
      for (const old of this.#book.mostCrowded(this.#limits.forgetAtOnce)) this.#forget(old)
    }
    return this.#book.add(peer, block)
  }

  /** Its records stay in the table until their shard is cleaned; without an announcer they are nobody's. */
  #forget(announcer: Announcer): void {
    this.#book.forget(announcer)
    this.#rows.delete(announcer.id)
  }

  /** Drops what is expired or nobody's; answers how many these were. */
  #clean(shard: RecordShard): number {
    const now = this.#now()
    return shard.keep((id, time) => {
      if (now - time <= this.#validity) return this.#book.byId(id) !== undefined
      this.#uncount(id)
      return false
    })
  }

  #uncount(id: number): void {
    const announcer = this.#book.byId(id)
    if (announcer === undefined) return
    this.#book.count(announcer, -1)
    if (announcer.count === 0) this.#forget(announcer)
  }

  /** Drops about `RECORDS.evictAtOnce` records of the heaviest host. */
  dropHeaviest(): void {
    let most = this.#limits.evictAtOnce
    for (const announcer of this.#book.heaviest()) {
      if (most <= 0) break
      const evicted = announcer.count <= most ? announcer.count : this.#evict(announcer, most)
      if (announcer.count <= most || evicted < most) this.#forget(announcer)
      most -= evicted
    }
  }

  /** Drops records of one announcer, from one shard after another; answers how many. */
  #evict(announcer: Announcer, most: number): number {
    let left = most
    for (let tried = 0; tried < SHARDS && left > 0; tried++) {
      const shard = this.#table.shards[this.#evictFrom] as RecordShard
      shard.keep((id) => id !== announcer.id || left-- <= 0)
      left = Math.max(0, left)
      if (left > 0) this.#evictFrom = (this.#evictFrom + 1) % SHARDS
    }
    this.#book.count(announcer, left - most)
    return most - left
  }

  async #inSteps(steps: Iterable<void>): Promise<void> {
    let began = performance.now()
    for (const _ of steps) {
      if (this.#stopped) return
      if (performance.now() - began < RECORDS.sliceTime) continue
      await this.#pause()
      began = performance.now()
    }
  }

  #armSweep(): void {
    this.#sweepTimer = this.#init.clock.after(this.#limits.sweepInterval as never, () => {
      void this.sweep().then(() => {
        if (!this.#stopped) this.#armSweep()
      })
    })
  }
}

function isEmpty(values: KeyValueStore): boolean {
  for (const _ of values.query('')) return false
  return true
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
