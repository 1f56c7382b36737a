import { Bitfield, type PieceIndex, pieceIndex, ShareError } from '@p2pshare/base'
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

interface Entry {
  record: ShareRecord
  blocks: Map<string, IndexBlock>
  keys: Map<string, PieceIndex[]>
  have: Bitfield | undefined
  identities: Map<number, FileIdentity>
  wraps: Map<PieceIndex, PieceWrap>
}

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

/** A catalogue in memory; what goes in and out is copied, as a database would. */
export class MemoryCatalogue implements Catalogue {
  #entries = new Map<string, Entry>()
  #bans = new Map<PeerName, { until: number; reason: string }>()
  #values = new Map<string, Map<string, Uint8Array>>()

  shares(): ShareRecord[] {
    return [...this.#entries.values()].map(({ record }) => structuredClone(record))
  }

  share(cid: string): ShareRecord | undefined {
    const entry = this.#entries.get(cid)
    return entry === undefined ? undefined : structuredClone(entry.record)
  }

  putShare(share: ShareRecord): void {
    const record = structuredClone(share)
    const entry = this.#entries.get(share.cid)
    if (entry !== undefined) entry.record = record
    else {
      const empty = { blocks: new Map(), keys: new Map(), identities: new Map(), wraps: new Map() }
      this.#entries.set(share.cid, { record, have: undefined, ...empty })
    }
  }

  removeShare(cid: string): void {
    this.#entries.delete(cid)
  }

  putIndexBlocks(cid: string, blocks: readonly IndexBlock[]): void {
    const known = this.#entry(cid).blocks
    for (const { cid: block, data } of blocks) {
      const key = block.toString()
      if (!known.has(key)) known.set(key, { cid: block, data: data.slice() })
    }
  }

  indexBlocks(cid: string): IndexBlock[] {
    return [...(this.#entries.get(cid)?.blocks.values() ?? [])]
  }

  findIndexBlock(digest: ContentKey): Uint8Array | undefined {
    const wanted = hex(digest)
    for (const { blocks } of this.#entries.values()) {
      for (const { cid, data } of blocks.values())
        if (hex(cid.multihash.digest) === wanted) return data.slice()
    }
    return undefined
  }

  putPieceKeys(cid: string, count: number, digest: (piece: PieceIndex) => ContentKey): void {
    const { keys } = this.#entry(cid)
    for (let i = 0; i < count; i++) {
      const key = hex(digest(pieceIndex(i)).subarray(0, 8))
      const pieces = keys.get(key) ?? []
      if (!pieces.includes(pieceIndex(i))) pieces.push(pieceIndex(i))
      keys.set(key, pieces)
    }
  }

  locate(digest: ContentKey): PieceLocation[] {
    const key = hex(digest.subarray(0, 8))
    return [...this.#entries].flatMap(([share, { keys }]) =>
      (keys.get(key) ?? []).toSorted((a, b) => a - b).map((piece) => ({ share, piece }))
    )
  }

  have(cid: string, length: number): Bitfield {
    const have = this.#entries.get(cid)?.have
    return have?.length === length ? have.clone() : new Bitfield(length)
  }

  putHave(cid: string, have: Bitfield): void {
    this.#entry(cid).have = have.clone()
  }

  identities(cid: string): FileIdentity[] {
    const found = [...(this.#entries.get(cid)?.identities.values() ?? [])]
    return found.map((identity) => ({ ...identity })).sort((a, b) => a.file - b.file)
  }

  putIdentities(cid: string, identities: Iterable<FileIdentity>): void {
    const known = this.#entry(cid).identities
    for (const identity of identities) known.set(identity.file, { ...identity })
  }

  wraps(cid: string): PieceWrap[] {
    return [...(this.#entries.get(cid)?.wraps.values() ?? [])].sort((a, b) => a.piece - b.piece)
  }

  putWraps(cid: string, wraps: readonly PieceWrap[]): void {
    const known = this.#entry(cid).wraps
    for (const wrap of wraps) known.set(wrap.piece, structuredClone(wrap))
  }

  bans(): { peer: PeerName; until: number; reason: string }[] {
    return [...this.#bans].map(([peer, ban]) => ({ peer, ...ban })).sort((a, b) => (a.peer < b.peer ? -1 : 1))
  }

  putBan(peer: PeerName, until: number, reason: string): void {
    this.#bans.set(peer, { until, reason })
  }

  removeBan(peer: PeerName): void {
    this.#bans.delete(peer)
  }

  values(area: string): KeyValueStore {
    const values = (): Map<string, Uint8Array> => {
      const found = this.#values.get(area) ?? new Map<string, Uint8Array>()
      this.#values.set(area, found)
      return found
    }
    const put = (key: string, value: Uint8Array): void => void values().set(key, value.slice())
    return {
      get: (key) => values().get(key)?.slice(),
      put,
      delete: (key) => void values().delete(key),
      query: (prefix) =>
        [...values()]
          .filter(([key]) => key.startsWith(prefix))
          .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .map(([key, value]) => ({ key, value: value.slice() })),
      batch: (puts, deletes) =>
        this.transaction(() => {
          for (const { key, value } of puts) put(key, value)
          for (const key of deletes) values().delete(key)
        })
    }
  }

  transaction<T>(work: () => T): T {
    const before = [this.#entries, this.#bans, this.#values] as const
    this.#entries = new Map([...this.#entries].map(([cid, entry]) => [cid, copyEntry(entry)]))
    this.#bans = new Map(this.#bans)
    this.#values = new Map([...this.#values].map(([area, values]) => [area, new Map(values)]))
    try {
      return work()
    } catch (error) {
      ;[this.#entries, this.#bans, this.#values] = before
      throw error
    }
  }

  close(): void {}

  #entry(cid: string): Entry {
    const entry = this.#entries.get(cid)
    if (entry !== undefined) return entry
    throw new ShareError({
      code: 'storage.unknown-share',
      fault: 'user',
      message: `the catalogue has no share ${cid}`,
      detail: { cid }
    })
  }
}

function copyEntry(entry: Entry): Entry {
  return {
    record: entry.record,
    blocks: new Map(entry.blocks),
    keys: new Map([...entry.keys].map(([key, pieces]) => [key, [...pieces]])),
    have: entry.have?.clone(),
    identities: new Map(entry.identities),
    wraps: new Map(entry.wraps)
  }
}
