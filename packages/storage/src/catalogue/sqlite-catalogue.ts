import { Bitfield, type PieceIndex } from '@p2pshare/base'
import type { IndexBlock } from '@p2pshare/content'
import type {
  Catalogue,
  ContentKey,
  FileIdentity,
  KeyValueStore,
  PeerName,
  PieceLocation,
  PieceWrap,
  ShareRecord
} from '@p2pshare/ports'
import { BanTable } from './ban-table.ts'
import { IndexBlockTable, PieceKeyTable } from './block-tables.ts'
import type { Connection } from './connection.ts'
import { HaveTable, IdentityTable, WrapTable } from './progress-tables.ts'
import { ShareTable } from './share-table.ts'
import { ValueTable } from './value-table.ts'

/** The catalogue on SQLite: durable when a call returns (WAL, `synchronous=FULL`). */
export class SqliteCatalogue implements Catalogue {
  readonly #db: Connection
  readonly #shares: ShareTable
  readonly #blocks: IndexBlockTable
  readonly #keys: PieceKeyTable
  readonly #have: HaveTable
  readonly #identities: IdentityTable
  readonly #wraps: WrapTable
  readonly #bans: BanTable
  readonly #values: ValueTable

  constructor(db: Connection) {
    this.#db = db
    this.#shares = new ShareTable(db)
    this.#blocks = new IndexBlockTable(db)
    this.#keys = new PieceKeyTable(db)
    this.#have = new HaveTable(db)
    this.#identities = new IdentityTable(db)
    this.#wraps = new WrapTable(db)
    this.#bans = new BanTable(db)
    this.#values = new ValueTable(db)
  }

  shares(): ShareRecord[] {
    return this.#shares.all()
  }

  share(cid: string): ShareRecord | undefined {
    return this.#shares.get(cid)
  }

  putShare(share: ShareRecord): void {
    this.#shares.put(share)
  }

  removeShare(cid: string): void {
    this.transaction(() => {
      const id = this.#shares.remove(cid)
      if (id !== undefined) this.#keys.remove(id)
    })
  }

  putIndexBlocks(cid: string, blocks: readonly IndexBlock[]): void {
    this.transaction(() => this.#blocks.put(this.#shares.id(cid), blocks))
  }

  indexBlocks(cid: string): IndexBlock[] {
    const id = this.#shares.find(cid)
    return id === undefined ? [] : this.#blocks.of(id)
  }

  findIndexBlock(digest: ContentKey): Uint8Array | undefined {
    return this.#blocks.find(digest)
  }

  putPieceKeys(cid: string, count: number, digest: (piece: PieceIndex) => ContentKey): void {
    this.transaction(() => this.#keys.put(this.#shares.id(cid), count, digest))
  }

  locate(digest: ContentKey): PieceLocation[] {
    return this.#keys.locate(digest)
  }

  have(cid: string, length: number): Bitfield {
    const id = this.#shares.find(cid)
    return id === undefined ? new Bitfield(length) : this.#have.get(id, length)
  }

  putHave(cid: string, have: Bitfield): void {
    this.#have.put(this.#shares.id(cid), have)
  }

  identities(cid: string): Iterable<FileIdentity> {
    const id = this.#shares.find(cid)
    return id === undefined ? [] : this.#identities.of(id)
  }

  putIdentities(cid: string, identities: Iterable<FileIdentity>): void {
    this.transaction(() => this.#identities.put(this.#shares.id(cid), identities))
  }

  wraps(cid: string): PieceWrap[] {
    const id = this.#shares.find(cid)
    return id === undefined ? [] : this.#wraps.of(id)
  }

  putWraps(cid: string, wraps: readonly PieceWrap[]): void {
    this.transaction(() => this.#wraps.put(this.#shares.id(cid), wraps))
  }

  bans(): { peer: PeerName; until: number; reason: string }[] {
    return this.#bans.all()
  }

  putBan(peer: PeerName, until: number, reason: string): void {
    this.#bans.put(peer, until, reason)
  }

  removeBan(peer: PeerName): void {
    this.#bans.remove(peer)
  }

  values(area: string): KeyValueStore {
    return this.#values.area(area)
  }

  transaction<T>(work: () => T): T {
    try {
      return this.#db.transaction(work)
    } catch (error) {
      this.#shares.forgetIds()
      throw error
    }
  }

  close(): void {
    this.#db.close()
  }
}
