import { type Bytes, bytes } from '@p2pshare/base'
import { CID } from 'multiformats/cid'
import { RAW } from '../cid/supported-cid.ts'
import { readIndexNode } from '../dag/index-node.ts'
import { blockKey, type LinkTarget, targetOf } from '../dag/link-target.ts'
import { type ContentFault, contentError, contentFault, isContentFault } from '../fault.ts'
import type { ShareLayout } from '../layout/share-layout.ts'
import { MAX_BLOCK_SIZE, MAX_ENTRIES, MAX_INDEX_SIZE, MAX_LEVELS, MAX_PIECES } from '../limits.ts'
import { IndexSource } from './index-source.ts'
import { makeLayout } from './make-layout.ts'
import { nodeLinks } from './node-links.ts'
import { RawRootWalker } from './raw-root.ts'
import type { Walker } from './walker-api.ts'

/**
 * Begins to read the index of a share. A root that needs no block (an identity CID, the empty raw
 * leaf) makes a walker that is done at once; one that cannot be fetched, a walker with a fault.
 */
export function createWalker(root: CID): Walker {
  const target = targetOf(root)
  if (isContentFault(target)) return new IndexWalker(root, undefined, target)
  return target.codec === RAW ? new RawRootWalker(root, target) : new IndexWalker(root, target, undefined)
}

/** A block that was linked to and is not here yet. */
interface WantedBlock {
  /** Binary CID; a view into the block that links to it. */
  readonly cid: Uint8Array
  /** Links from the root, on the way by which it was found. */
  readonly level: number
}

/** Walks a dag-pb DAG, level by level. */
class IndexWalker implements Walker {
  readonly root: CID
  readonly rootPiece = undefined
  readonly #source = new IndexSource()
  /** Blocks to be supplied, by key, in the order of discovery. */
  readonly #wanted = new Map<string, WantedBlock>()
  #fault: ContentFault | undefined
  #layout: ShareLayout | undefined
  #declaredSize: Bytes | undefined

  constructor(root: CID, target: LinkTarget | undefined, fault: ContentFault | undefined) {
    this.root = root
    this.#fault = fault
    if (target !== undefined) this.#refuseOn(this.#want(target, root.bytes, 0) ?? this.#finishWhenComplete())
  }

  get done(): boolean {
    return this.#layout !== undefined
  }

  get fault(): ContentFault | undefined {
    return this.#fault
  }

  get blocks(): number {
    return this.#source.count
  }

  get indexSize(): Bytes {
    return bytes(this.#source.size)
  }

  get wanted(): number {
    return this.#wanted.size
  }

  get declaredSize(): Bytes | undefined {
    return this.#layout?.size ?? this.#declaredSize
  }

  needed(limit: number): CID[] {
    const cids: CID[] = []
    for (const { cid } of this.#wanted.values()) {
      if (cids.length >= limit) break
      cids.push(CID.decode(cid))
    }
    return cids
  }

  supply(cid: CID, block: Uint8Array): ContentFault | undefined {
    const target = targetOf(cid)
    if (this.#fault !== undefined || isContentFault(target)) return this.#fault
    const key = blockKey(target)
    const wanted = this.#wanted.get(key)
    if (target.codec === RAW || wanted === undefined) return undefined
    return this.#refuseOn(this.#take(key, wanted, block) ?? this.#finishWhenComplete())
  }

  layout(): ShareLayout {
    if (this.#layout !== undefined) return this.#layout
    throw contentError(
      this.#fault ?? contentFault('index-incomplete', 'the index of the share is not complete yet')
    )
  }

  #take(key: string, wanted: WantedBlock, block: Uint8Array): ContentFault | undefined {
    if (block.byteLength > MAX_BLOCK_SIZE) {
      return contentFault(
        'block-too-large',
        `an index block of ${block.byteLength} bytes; at most 2 MiB are allowed`
      )
    }
    if (this.#source.size + block.byteLength > MAX_INDEX_SIZE) {
      return contentFault('index-too-large', 'the index of the share is larger than 64 MiB')
    }
    this.#wanted.delete(key)
    this.#source.add(key, { cid: CID.decode(wanted.cid), data: block })
    return this.#follow(block, wanted.level)
  }

  /** Wants what a node links to. Identity nodes are read on the spot, down to the last. */
  #follow(block: Uint8Array, level: number): ContentFault | undefined {
    const node = readIndexNode(block)
    if (isContentFault(node)) return node
    if (level === 0 && node.kind === 'file') this.#declaredSize = bytes(node.size)
    const links = nodeLinks(node)
    if (isContentFault(links)) return links
    for (const link of links) {
      const fault = this.#want(link.target, link.cid, level + 1)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #want(target: LinkTarget, cid: Uint8Array, level: number): ContentFault | undefined {
    if (level > MAX_LEVELS) return contentFault('too-deep', `the DAG is deeper than ${MAX_LEVELS} levels`)
    // Identity CIDs get shorter with each level, so this ends.
    if (target.identity) return this.#follow(target.digest, level)
    const key = blockKey(target)
    if (this.#source.has(key) || this.#wanted.has(key)) return undefined
    // Distinct blocks: no honest share has more nodes than leaves and entries.
    if (this.#source.count + this.#wanted.size >= MAX_PIECES + MAX_ENTRIES) {
      return contentFault('too-many-links', 'the share has too many index blocks')
    }
    this.#wanted.set(key, { cid, level })
    return undefined
  }

  #finishWhenComplete(): ContentFault | undefined {
    if (this.#wanted.size > 0 || this.#layout !== undefined) return undefined
    const layout = makeLayout(this.#source, this.root)
    if (isContentFault(layout)) return layout
    this.#layout = layout
    return undefined
  }

  #refuseOn(fault: ContentFault | undefined): ContentFault | undefined {
    if (fault !== undefined) {
      this.#fault = fault
      this.#wanted.clear()
    }
    return fault
  }
}
