import { toString } from 'uint8arrays/to-string'
import { fromString } from 'uint8arrays/from-string'
import type { CancelTimer, Clock, Rng } from '@p2pshare/base'
import type { KeyValueStore, PeerName } from '@p2pshare/ports'
import { RECORDS } from '../limits/index.ts'

/** Someone else's word that it has the content of a key. */
export interface StoredProvider {
  peer: PeerName
  /** Multiaddrs as text, checked when they were stored. */
  addresses: readonly string[]
}

/** What {@link ProviderRecords} is made of. */
export interface ProviderRecordsInit {
  values: KeyValueStore
  clock: Clock
  rng: Rng
  limits?: Partial<{ [K in keyof typeof RECORDS]: number }>
}

/**
 * The provider records that this node keeps as a DHT server, durable and bounded: at most
 * `RECORDS.max` in all, where a full store first drops records of the heaviest announcer
 * (reliability.md D2), and `RECORDS.maxPerKey` a key. Times are those of receipt by our clock.
 *
 * Rows: `r/<key>/<peer>` → time, `p/<peer>/<key>` → nothing (to find all of one announcer),
 * `a/<peer>` → its latest addresses. Writes are collected and made in one transaction.
 */
export class ProviderRecords {
  readonly #init: ProviderRecordsInit
  readonly #limits: { [K in keyof typeof RECORDS]: number }
  /** Records of each announcer. */
  readonly #counts = new Map<PeerName, number>()
  readonly #unwritten = new Map<string, Uint8Array>()
  /** Times of the unwritten records, by key and announcer. */
  readonly #fresh = new Map<string, Map<PeerName, number>>()
  #total = 0
  #writeTimer: CancelTimer | undefined
  #sweepTimer: CancelTimer | undefined

  constructor(init: ProviderRecordsInit) {
    this.#init = init
    this.#limits = { ...RECORDS, ...init.limits }
    for (const { key } of init.values.query('p/')) this.#count(key.split('/')[1] ?? '', 1)
  }

  /** Begins to delete expired records from time to time. */
  start(): void {
    this.#sweepTimer = this.#init.clock.after(this.#limits.sweepInterval as never, () => {
      this.sweep()
      this.start()
    })
  }

  /** Writes what is held in memory and ends all timers. */
  stop(): void {
    this.#sweepTimer?.()
    this.flush()
  }

  /** Records held in all. */
  get size(): number {
    return this.#total
  }

  /**
   * Takes or renews one record.
   * @param addresses - of the peer, already checked; they replace those of its other records too
   */
  add(multihash: Uint8Array, peer: PeerName, addresses: readonly string[]): void {
    const key = toString(multihash, 'base64url')
    const row = `r/${key}/${peer}`
    if (!this.#has(row)) {
      if (this.#atKey(key).length >= this.#limits.maxPerKey) return
      if (this.#total >= this.#limits.max) this.#evict()
      this.#count(peer, 1)
      this.#unwritten.set(`p/${peer}/${key}`, EMPTY)
    }
    const time = this.#init.clock.wallTime()
    this.#unwritten.set(row, fromString(String(time)))
    this.#fresh.set(key, (this.#fresh.get(key) ?? new Map<PeerName, number>()).set(peer, time))
    this.#unwritten.set(`a/${peer}`, fromString(addresses.join('\n')))
    if (this.#unwritten.size >= this.#limits.maxUnwritten) this.flush()
    else this.#writeTimer ??= this.#init.clock.after(this.#limits.writeDelay as never, () => this.flush())
  }

  /** Providers of a key whose records have not expired, at most `limit`; a random choice when there are more. */
  providers(multihash: Uint8Array, limit: number): StoredProvider[] {
    const now = this.#init.clock.wallTime()
    const valid = this.#atKey(toString(multihash, 'base64url')).filter((row) => !this.#expired(row.time, now))
    const out: StoredProvider[] = []
    while (out.length < limit && valid.length > 0) {
      const [row] = valid.splice(this.#init.rng.below(valid.length), 1)
      const addresses = row === undefined ? undefined : this.#get(`a/${row.peer}`)
      if (row !== undefined && addresses !== undefined)
        out.push({ peer: row.peer, addresses: toString(addresses).split('\n') })
    }
    return out
  }

  /** Deletes expired records. */
  sweep(): void {
    this.flush()
    const now = this.#init.clock.wallTime()
    for (const peer of [...this.#counts.keys()]) {
      const rows = [...this.#init.values.query(`p/${peer}/`)]
      const old = rows
        .map(({ key }) => key.slice(`p/${peer}/`.length))
        .filter((key) => this.#isOld(key, peer, now))
      this.#remove(peer, old)
    }
  }

  /** Writes what is held in memory. */
  flush(): void {
    this.#writeTimer?.()
    this.#writeTimer = undefined
    if (this.#unwritten.size === 0) return
    const puts = [...this.#unwritten].map(([key, value]) => ({ key, value }))
    this.#unwritten.clear()
    this.#fresh.clear()
    this.#init.values.batch(puts, [])
  }

  #isOld(key: string, peer: PeerName, now: number): boolean {
    const time = this.#init.values.get(`r/${key}/${peer}`)
    return time === undefined || this.#expired(Number(toString(time)), now)
  }

  /** A time in the future comes from a clock that was wrong once; the record counts as old. */
  #expired(time: number, now: number): boolean {
    return !(now - time <= this.#limits.validity && time <= now + this.#limits.validity)
  }

  #evict(): void {
    this.flush()
    let heaviest: PeerName | undefined
    for (const [peer, count] of this.#counts) {
      if (heaviest === undefined || count > (this.#counts.get(heaviest) ?? 0)) heaviest = peer
    }
    if (heaviest === undefined) return
    const keys: string[] = []
    for (const { key } of this.#init.values.query(`p/${heaviest}/`)) {
      keys.push(key.slice(`p/${heaviest}/`.length))
      if (keys.length >= this.#limits.evictAtOnce) break
    }
    this.#remove(heaviest, keys)
  }

  #remove(peer: PeerName, keys: readonly string[]): void {
    if (keys.length === 0) return
    const rows = keys.flatMap((key) => [`r/${key}/${peer}`, `p/${peer}/${key}`])
    this.#count(peer, -keys.length)
    this.#init.values.batch([], this.#counts.has(peer) ? rows : [...rows, `a/${peer}`])
  }

  #count(peer: PeerName, by: number): void {
    this.#total += by
    const count = (this.#counts.get(peer) ?? 0) + by
    if (count > 0) this.#counts.set(peer, count)
    else this.#counts.delete(peer)
  }

  #atKey(key: string): { peer: PeerName; time: number }[] {
    const prefix = `r/${key}/`
    const rows = new Map<PeerName, number>()
    for (const { key: row, value } of this.#init.values.query(prefix))
      rows.set(row.slice(prefix.length), Number(toString(value)))
    for (const [peer, time] of this.#fresh.get(key) ?? []) rows.set(peer, time)
    return [...rows].map(([peer, time]) => ({ peer, time }))
  }

  #has(row: string): boolean {
    return this.#get(row) !== undefined
  }

  #get(row: string): Uint8Array | undefined {
    return this.#unwritten.get(row) ?? this.#init.values.get(row)
  }
}

const EMPTY = new Uint8Array(0)
