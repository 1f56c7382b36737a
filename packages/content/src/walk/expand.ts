import { bytes, printable } from '@p2pshare/base'
import type { CID } from 'multiformats/cid'
import { type FileChild, fileChild } from '../dag/file-children.ts'
import { folderChild } from '../dag/folder-children.ts'
import type { FileNode, FolderNode, ShardNode } from '../dag/index-node.ts'
import { blockKey, type LinkTarget } from '../dag/link-target.ts'
import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import { FileTable } from '../layout/file-table.ts'
import { NameTable } from '../layout/name-table.ts'
import { PathTable, ROOT_FOLDER } from '../layout/path-table.ts'
import { PieceTable } from '../layout/piece-table.ts'
import type { InlineExtent, ShareLayout } from '../layout/share-layout.ts'
import { TableLayout } from '../layout/table-layout.ts'
import { MAX_PATH_SIZE, MAX_PATH_STEPS } from '../limits.ts'
import { listFolder } from './folder-listing.ts'
import type { IndexSource } from './index-source.ts'
import type { ShareTotals } from './totals.ts'

/** A folder on the way down. */
interface Folder {
  /** Its number, or {@link ROOT_FOLDER}. */
  readonly number: number
  /** Names in its path. */
  readonly depth: number
  /** Bytes of its path, and of that on disk, each name with a separator. */
  readonly size: number
  readonly diskSize: number
}

/** Where an entry stands; undefined for the root itself. */
interface Position {
  readonly folder: Folder
  readonly name: number
}

const ROOT: Folder = { number: ROOT_FOLDER, depth: 0, size: 0, diskSize: 0 }
const NOTHING: readonly InlineExtent[] = []

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
  const isFile = totals.root.kind === 'file'
  const expansion = new Expansion(source, totals.root.pieces, isFile ? 1 : totals.root.entries)
  const fault = expansion.entry({ kind: 'node', target, size: -1 }, root.bytes, undefined)
  if (fault !== undefined) return fault
  const indexBlocks = totals.order.flatMap((key) => source.block(key) ?? [])
  const { files, folders, skipped, pieces } = expansion
  return new TableLayout({
    root,
    kind: isFile ? 'file' : 'folder',
    files: files.list(),
    folders: folders.list((place) => place),
    skipped: skipped.list(({ path }) => ({ path, reason: 'symlink' as const })),
    indexBlocks,
    pieces
  })
}

class Expansion {
  readonly folders: PathTable
  readonly skipped: PathTable
  readonly files: FileTable
  readonly pieces: PieceTable
  readonly #source: IndexSource
  readonly #names = new NameTable()
  readonly #paths: PathTable
  /** First names of folders met before: a repeated one shares them, or few blocks could fill the memory with names. */
  readonly #listings = new Map<string, number>()
  #steps = 0

  constructor(source: IndexSource, pieces: number, entries: number) {
    this.#source = source
    this.pieces = new PieceTable(pieces)
    this.folders = new PathTable(this.#names)
    this.skipped = new PathTable(this.#names, this.folders)
    this.#paths = new PathTable(this.#names, this.folders)
    this.files = new FileTable(entries, this.#paths)
  }

  /** Adds one entry and everything below it. */
  entry(content: FileChild, cid: Uint8Array, position: Position | undefined): ContentFault | undefined {
    if (content.kind !== 'node') return this.#addLeafFile(content, cid, position)
    const key = blockKey(content.target)
    const node = this.#source.node(content.target, key)
    if (isContentFault(node)) return node
    if (node.kind === 'symlink') {
      if (position !== undefined) this.skipped.add(position.folder.number, position.name)
      return undefined
    }
    if (node.kind !== 'file') return this.#folder(node, key, this.#enter(position))
    const inline: InlineExtent[] = []
    const fault = this.#filePart(node, this.files.count, 0, inline)
    if (fault === undefined) this.#addFile(cid, position, node.size, inline)
    return fault
  }

  #enter(position: Position | undefined): Folder {
    if (position === undefined) return ROOT
    const { folder, name } = position
    return {
      number: this.folders.add(folder.number, name),
      depth: folder.depth + 1,
      size: folder.size + this.#names.sizeOf(name) + 1,
      diskSize: folder.diskSize + this.#names.diskSizeOf(name) + 1
    }
  }

  #folder(node: FolderNode | ShardNode, key: string, folder: Folder): ContentFault | undefined {
    let first = this.#listings.get(key)
    if (first === undefined) {
      first = this.#names.count
      const fault = listFolder(this.#source, node, this.#names)
      if (fault !== undefined) return fault
      this.#listings.set(key, first)
    }
    return this.#entries(node, folder, { next: first })
  }

  /** Adds the entries of a folder's node and of the shards below it; `names` counts them. */
  #entries(node: FolderNode | ShardNode, folder: Folder, names: { next: number }): ContentFault | undefined {
    for (let i = 0; i < node.links.count; i++) {
      const child = folderChild(node, i)
      if (isContentFault(child)) return child
      let fault: ContentFault | undefined
      if (child.kind === 'shard') {
        const below = this.#source.node(child.target, blockKey(child.target))
        if (isContentFault(below)) return below
        if (below.kind === 'shard') fault = this.#entries(below, folder, names)
      } else {
        const position = { folder, name: names.next++ }
        fault = this.#checkPath(position) ?? this.entry(child.content, child.cid, position)
      }
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #checkPath({ folder, name }: Position): ContentFault | undefined {
    this.#steps += folder.depth + 1
    if (this.#steps > MAX_PATH_STEPS)
      return contentFault('too-many-entries', 'the share has too many deep folders')
    const size = folder.size + this.#names.sizeOf(name)
    const diskSize = folder.diskSize + this.#names.diskSizeOf(name)
    if (size <= MAX_PATH_SIZE && diskSize <= MAX_PATH_SIZE) return undefined
    const path = [...this.folders.place(folder.number).path, this.#names.text(name)]
    return contentFault(
      'bad-name',
      `a path is longer than ${MAX_PATH_SIZE} bytes: "${printable(path.join('/'), 80)}"`
    )
  }

  /** Adds a file that is one leaf or none. */
  #addLeafFile(
    content: Exclude<FileChild, { kind: 'node' }>,
    cid: Uint8Array,
    position: Position | undefined
  ): undefined {
    const file = this.files.count
    if (content.kind === 'leaf') {
      this.pieces.add(content.digest, content.blockSize, content.dataSize, file, 0)
      return this.#addFile(cid, position, content.dataSize, NOTHING)
    }
    if (content.kind === 'empty') return this.#addFile(cid, position, 0, NOTHING)
    const { data } = content
    return this.#addFile(cid, position, data.byteLength, [{ offset: bytes(0), data }])
  }

  /** Adds a file whose pieces were added just before. */
  #addFile(
    cid: Uint8Array,
    position: Position | undefined,
    size: number,
    inline: readonly InlineExtent[]
  ): undefined {
    if (position !== undefined) this.#paths.add(position.folder.number, position.name)
    this.files.add(cid, size, this.pieces.count, inline)
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
