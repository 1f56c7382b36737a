import { bytes, pieceIndex, printable } from '@p2pshare/base'
import { CID } from 'multiformats/cid'
import { type FileChild, fileChild } from '../dag/file-children.ts'
import type { FileNode, FolderNode, ShardNode } from '../dag/index-node.ts'
import { blockKey, type LinkTarget } from '../dag/link-target.ts'
import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import { PieceTable } from '../layout/piece-table.ts'
import type {
  FileEntry,
  FolderEntry,
  InlineExtent,
  ShareLayout,
  SkippedEntry
} from '../layout/share-layout.ts'
import { TableLayout } from '../layout/table-layout.ts'
import { MAX_PATH_SIZE, MAX_PATH_STEPS } from '../limits.ts'
import { utf8Size } from '../names/utf8.ts'
import { type FolderListing, listFolder } from './folder-listing.ts'
import type { IndexSource } from './index-source.ts'
import type { ShareTotals } from './totals.ts'

/** Where an entry stands. */
interface Place {
  readonly path: readonly string[]
  readonly diskPath: readonly string[]
}

const ROOT: Place = { path: [], diskPath: [] }

/**
 * Unfolds a DAG whose totals are known to be within the limits into its layout. What is left to
 * refuse are names and paths.
 */
export function expandLayout(
  source: IndexSource,
  root: CID,
  target: LinkTarget,
  totals: ShareTotals
): ShareLayout | ContentFault {
  const expansion = new Expansion(source, totals.root.pieces)
  const fault = expansion.entry({ kind: 'node', target, size: -1 }, root.bytes, ROOT)
  if (fault !== undefined) return fault
  const indexBlocks = totals.order.flatMap((key) => source.block(key) ?? [])
  const kind = totals.root.kind === 'file' ? 'file' : 'folder'
  const { files, folders, skipped, pieces } = expansion
  return new TableLayout({ root, kind, files, folders, skipped, indexBlocks, pieces })
}

class Expansion {
  readonly files: FileEntry[] = []
  readonly folders: FolderEntry[] = []
  readonly skipped: SkippedEntry[] = []
  readonly pieces: PieceTable
  readonly #source: IndexSource
  /** Folders met before: a repeated one shares its names, or few blocks could fill the memory with them. */
  readonly #listings = new Map<string, FolderListing>()
  #steps = 0

  constructor(source: IndexSource, pieces: number) {
    this.#source = source
    this.pieces = new PieceTable(pieces)
  }

  /** Adds one entry and everything below it. */
  entry(content: FileChild, cid: Uint8Array, place: Place): ContentFault | undefined {
    if (content.kind !== 'node') {
      return this.#addFile(cid, place, contentSize(content), (file) => {
        const inline: InlineExtent[] = []
        return this.#addContent(content, file, 0, inline) ?? inline
      })
    }
    const key = blockKey(content.target)
    const node = this.#source.node(content.target, key)
    if (isContentFault(node)) return node
    if (node.kind === 'symlink') {
      this.skipped.push({ path: place.path, reason: 'symlink' })
      return undefined
    }
    if (node.kind === 'file') {
      return this.#addFile(cid, place, node.size, (file) => this.#fileContent(node, file))
    }
    if (place.path.length > 0) this.folders.push(place)
    return this.#folder(node, key, place)
  }

  #folder(node: FolderNode | ShardNode, key: string, place: Place): ContentFault | undefined {
    const listing = this.#listings.get(key) ?? listFolder(this.#source, node)
    if (isContentFault(listing)) return listing
    this.#listings.set(key, listing)
    for (const [i, entry] of listing.entries.entries()) {
      const path = [...place.path, listing.names[i] ?? '']
      const diskPath = [...place.diskPath, listing.diskNames[i] ?? '']
      const fault =
        this.#checkPath(path, diskPath) ?? this.entry(entry.content, entry.cid, { path, diskPath })
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #checkPath(path: readonly string[], diskPath: readonly string[]): ContentFault | undefined {
    this.#steps += path.length
    if (this.#steps > MAX_PATH_STEPS)
      return contentFault('too-many-entries', 'the share has too many deep folders')
    if (pathSize(path) <= MAX_PATH_SIZE && pathSize(diskPath) <= MAX_PATH_SIZE) return undefined
    return contentFault(
      'bad-name',
      `a path is longer than ${MAX_PATH_SIZE} bytes: "${printable(path.join('/'), 80)}"`
    )
  }

  /** Adds a file; `content` adds its pieces and answers its inline bytes. */
  #addFile(
    cid: Uint8Array,
    place: Place,
    size: number,
    content: (file: number) => InlineExtent[] | ContentFault
  ): ContentFault | undefined {
    const first = this.pieces.count
    const inline = content(this.files.length)
    if (isContentFault(inline)) return inline
    this.files.push({
      ...place,
      cid: CID.decode(cid),
      size: bytes(size),
      firstPiece: pieceIndex(first),
      pieceCount: this.pieces.count - first,
      inline
    })
    return undefined
  }

  #fileContent(node: FileNode, file: number): InlineExtent[] | ContentFault {
    const inline: InlineExtent[] = []
    return this.#filePart(node, file, 0, inline) ?? inline
  }

  /** Adds the bytes of a file node from `offset` of the file on. */
  #filePart(node: FileNode, file: number, offset: number, inline: InlineExtent[]): ContentFault | undefined {
    if (node.data.byteLength > 0) inline.push({ offset: bytes(offset), data: node.data })
    let at = offset + node.data.byteLength
    for (let i = 0; i < node.links.count; i++) {
      const child = fileChild(node, i)
      if (isContentFault(child)) return child
      const fault = this.#addContent(child, file, at, inline)
      if (fault !== undefined) return fault
      at += node.blockSizes[i] ?? 0
    }
    return undefined
  }

  #addContent(child: FileChild, file: number, at: number, inline: InlineExtent[]): ContentFault | undefined {
    if (child.kind === 'leaf') this.pieces.add(child.digest, child.blockSize, child.dataSize, file, at)
    if (child.kind === 'inline') inline.push({ offset: bytes(at), data: child.data })
    if (child.kind !== 'node') return undefined
    const below = this.#source.node(child.target, blockKey(child.target))
    if (isContentFault(below)) return below
    if (below.kind !== 'file') return contentFault('bad-block', `a file contains a ${below.kind}`)
    return this.#filePart(below, file, at, inline)
  }
}

/** Bytes of a file that is one leaf or none. */
function contentSize(content: FileChild): number {
  if (content.kind === 'inline') return content.data.byteLength
  return content.kind === 'leaf' ? content.dataSize : 0
}

function pathSize(path: readonly string[]): number {
  let size = path.length - 1
  for (const name of path) size += utf8Size(name)
  return size
}
