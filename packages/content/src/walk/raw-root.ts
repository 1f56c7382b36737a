import { type Bytes, bytes, pieceIndex } from '@p2pshare/base'
import type { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import { EMPTY_DIGEST } from '../cid/supported-cid.ts'
import type { LinkTarget } from '../dag/link-target.ts'
import { type ContentFault, contentError, contentFault } from '../fault.ts'
import { PieceTable } from '../layout/piece-table.ts'
import type { InlineExtent, ShareLayout } from '../layout/share-layout.ts'
import { TableLayout } from '../layout/table-layout.ts'
import { MAX_BLOCK_SIZE } from '../limits.ts'
import type { Walker } from './walker-api.ts'

/**
 * The layout of a share that is one raw block: a file of one piece (of none when it is empty or
 * lies in its identity CID) and no index.
 */
export function rawRootLayout(root: CID, target: LinkTarget, size: number): ShareLayout {
  const isPiece = !target.identity && size > 0
  const pieces = new PieceTable(isPiece ? 1 : 0)
  if (isPiece) pieces.add(target.digest, size, size, 0, 0)
  const inline: InlineExtent[] =
    target.identity && size > 0 ? [{ offset: bytes(0), data: target.digest }] : []
  const file = {
    path: [],
    diskPath: [],
    cid: root,
    digest: target.digest,
    size: bytes(size),
    firstPiece: pieceIndex(0),
    pieceCount: pieces.count,
    inline
  }
  return new TableLayout({
    root,
    kind: 'file',
    files: [file],
    folders: [],
    skipped: [],
    indexBlocks: [],
    pieces
  })
}

/** The one block of a raw root: fetched to learn its size, and then it is the whole share. */
export class RawRootWalker implements Walker {
  readonly root: CID
  readonly blocks = 0
  readonly indexSize = bytes(0)
  readonly #target: LinkTarget
  #layout: ShareLayout | undefined
  #piece: Uint8Array | undefined
  #fault: ContentFault | undefined

  constructor(root: CID, target: LinkTarget) {
    this.root = root
    this.#target = target
    const known = target.identity
      ? target.digest.byteLength
      : equals(target.digest, EMPTY_DIGEST)
        ? 0
        : undefined
    if (known !== undefined) this.#layout = rawRootLayout(root, target, known)
  }

  get done(): boolean {
    return this.#layout !== undefined
  }

  get fault(): ContentFault | undefined {
    return this.#fault
  }

  get wanted(): number {
    return this.#layout === undefined && this.#fault === undefined ? 1 : 0
  }

  get declaredSize(): Bytes | undefined {
    return this.#layout?.size
  }

  get rootPiece(): Uint8Array | undefined {
    return this.#piece
  }

  needed(limit: number): CID[] {
    return this.wanted > 0 && limit > 0 ? [this.root] : []
  }

  supply(cid: CID, block: Uint8Array): ContentFault | undefined {
    if (this.wanted === 0 || !equals(cid.multihash.bytes, this.root.multihash.bytes)) return this.#fault
    if (block.byteLength > MAX_BLOCK_SIZE || block.byteLength === 0) {
      this.#fault = contentFault(
        'block-too-large',
        `the root block has ${block.byteLength} bytes; 1 to 2 MiB are allowed`
      )
      return this.#fault
    }
    this.#piece = block
    this.#layout = rawRootLayout(this.root, this.#target, block.byteLength)
    return undefined
  }

  layout(): ShareLayout {
    if (this.#layout !== undefined) return this.#layout
    throw contentError(
      this.#fault ?? contentFault('index-incomplete', 'the root block of the share is missing')
    )
  }
}
