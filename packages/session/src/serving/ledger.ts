import type { KeyValueStore, PeerName } from '@p2pshare/ports'

/** Peers remembered; who was not heard of for longest goes first. */
const MOST_PEERS = 10_000
/** given, taken and the order of use, as float64, little endian. */
const ROW_BYTES = 24

interface Account {
  /** Content bytes that the peer gave us. */
  given: number
  /** Content bytes that it took from us. */
  taken: number
  /** Grows with each use; orders the accounts by age. */
  used: number
}

/**
 * Who gave us how much, and took how much, by authenticated peer id; outlives links and restarts.
 * What a peer tells about itself plays no part.
 */
export class Ledger {
  readonly #store: KeyValueStore
  readonly #accounts = new Map<PeerName, Account>()
  readonly #changed = new Set<PeerName>()
  readonly #gone = new Set<PeerName>()
  #clock = 0

  /** Takes up what an earlier run kept; rows that make no sense are dropped. */
  constructor(store: KeyValueStore) {
    this.#store = store
    const rows: [PeerName, Account][] = []
    for (const { key, value } of store.query('')) {
      const account = decode(value)
      if (account === undefined) this.#gone.add(key)
      else rows.push([key, account])
    }
    rows.sort(([, a], [, b]) => a.used - b.used)
    for (const [peer, account] of rows) this.#accounts.set(peer, account)
    this.#clock = rows.at(-1)?.[1].used ?? 0
  }

  /** Bytes that the peer gave beyond what it took; negative when it owes us. */
  credit(peer: PeerName): number {
    const account = this.#accounts.get(peer)
    return account === undefined ? 0 : account.given - account.taken
  }

  /** The peer gave us content. */
  gave(peer: PeerName, bytes: number): void {
    this.#account(peer).given += bytes
  }

  /** The peer got content from us. */
  took(peer: PeerName, bytes: number): void {
    this.#account(peer).taken += bytes
  }

  /** Writes what changed since the last call, in one transaction. */
  save(): void {
    if (this.#changed.size + this.#gone.size === 0) return
    const puts = [...this.#changed].flatMap((key) => {
      const account = this.#accounts.get(key)
      return account === undefined ? [] : [{ key, value: encode(account) }]
    })
    this.#store.batch(puts, this.#gone)
    this.#changed.clear()
    this.#gone.clear()
  }

  /** The peer's account, made if need be and moved to the young end. */
  #account(peer: PeerName): Account {
    const account = this.#accounts.get(peer) ?? { given: 0, taken: 0, used: 0 }
    account.used = ++this.#clock
    this.#accounts.delete(peer)
    this.#accounts.set(peer, account)
    this.#changed.add(peer)
    this.#gone.delete(peer)
    const [oldest] = this.#accounts.keys()
    if (this.#accounts.size > MOST_PEERS && oldest !== undefined) {
      this.#accounts.delete(oldest)
      this.#changed.delete(oldest)
      this.#gone.add(oldest)
    }
    return account
  }
}

function encode({ given, taken, used }: Account): Uint8Array {
  const row = new DataView(new ArrayBuffer(ROW_BYTES))
  row.setFloat64(0, given, true)
  row.setFloat64(8, taken, true)
  row.setFloat64(16, used, true)
  return new Uint8Array(row.buffer)
}

function decode(value: Uint8Array): Account | undefined {
  if (value.byteLength !== ROW_BYTES) return undefined
  const row = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const [given, taken, used] = [0, 8, 16].map((at) => row.getFloat64(at, true)) as [number, number, number]
  const sane = [given, taken, used].every((n) => Number.isFinite(n) && n >= 0)
  return sane ? { given, taken, used } : undefined
}
