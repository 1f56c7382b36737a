import { encode, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { type ContentFault, createWalker, type Walker } from '../src/index.ts'
import { type Blocks, hex, sha256 } from './reference-import.ts'

/** A link as a hostile hand writes it. */
export interface CraftedLink {
  Name: string
  Tsize?: number
  Hash: CID
}

/** Blocks made by hand, with whatever lies they are to tell. */
export class Crafted {
  readonly blocks: Blocks = new Map()
  stored = 0

  raw(data: Uint8Array): CID {
    return this.#put(0x55, data)
  }

  pb(unixfs: Uint8Array, links: CraftedLink[] = []): CID {
    return this.#put(0x70, encode(prepare({ Data: unixfs, Links: links })))
  }

  bytes(block: Uint8Array): CID {
    return this.#put(0x70, block)
  }

  file(links: CraftedLink[], blockSizes: (number | bigint)[], data?: Uint8Array): CID {
    const sizes = blockSizes.map(BigInt)
    return this.pb(
      new UnixFS({ type: 'file', blockSizes: sizes, ...(data === undefined ? {} : { data }) }).marshal(),
      links
    )
  }

  folder(links: CraftedLink[]): CID {
    return this.pb(new UnixFS({ type: 'directory' }).marshal(), links)
  }

  shard(
    links: CraftedLink[],
    overrides: { fanout?: bigint; hashType?: bigint; data?: Uint8Array } = {}
  ): CID {
    const data = overrides.data ?? bitField(links)
    const { fanout = 256n, hashType = 0x22n } = overrides
    return this.pb(new UnixFS({ type: 'hamt-sharded-directory', data, fanout, hashType }).marshal(), links)
  }

  /** Feeds a walker until it is done or refuses. */
  walk(root: CID): { walker: Walker; fault: ContentFault | undefined } {
    const walker = createWalker(root)
    while (!walker.done && walker.fault === undefined) {
      const [cid] = walker.needed(1)
      if (cid === undefined) break
      const block = this.blocks.get(hex(cid.multihash.digest))
      if (block === undefined) throw new Error(`no block ${cid}`)
      walker.supply(cid, block)
    }
    return { walker, fault: walker.fault }
  }

  #put(codec: number, block: Uint8Array): CID {
    const digest = sha256(block)
    if (!this.blocks.has(hex(digest))) this.stored += block.byteLength
    this.blocks.set(hex(digest), block)
    return CID.createV1(codec, createDigest(0x12, digest))
  }
}

export const identity = (codec: number, data: Uint8Array): CID => CID.createV1(codec, createDigest(0, data))

export const link = (Hash: CID, Name = '', Tsize?: number): CraftedLink =>
  Tsize === undefined ? { Hash, Name } : { Hash, Name, Tsize }

export const slot = (i: number): string => i.toString(16).toUpperCase().padStart(2, '0')

function bitField(links: CraftedLink[]): Uint8Array {
  const field = new Uint8Array(32)
  for (const { Name } of links) {
    const at = Number.parseInt(Name.slice(0, 2), 16)
    field[31 - (at >> 3)] = (field[31 - (at >> 3)] ?? 0) | (1 << (at & 7))
  }
  return field
}
