import { createHash } from 'node:crypto'
import { type ImporterOptions, importer } from 'ipfs-unixfs-importer'
import type { CID } from 'multiformats/cid'
import {
  createShareBuilder,
  isContentFault,
  PIECE_SIZE,
  type ShareLayout,
  verifyBlock
} from '../src/index.ts'
import { createWalker } from '../src/walk/walker.ts'

/** An entry of a test tree: a folder when it has no content. */
export interface TreeEntry {
  path: string[]
  content?: Content
  /** Target of a symbolic link. */
  link?: string
}

/** File bytes by description, so that large files need no memory. */
export interface Content {
  size: number
  seed: number
}

export const sha256 = (data: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(data).digest())

const ZEROS = new Uint8Array(PIECE_SIZE)

/** The bytes of a file piece by piece; seed 0 is all zeros, others differ from piece to piece. */
export function* pieces(content: Content): Generator<Uint8Array> {
  for (let at = 0; at < content.size; at += PIECE_SIZE) {
    const length = Math.min(PIECE_SIZE, content.size - at)
    if (content.seed === 0) yield ZEROS.subarray(0, length)
    else {
      const piece = new Uint8Array(length).fill(content.seed & 0xff)
      new DataView(piece.buffer).setUint8(0, at / PIECE_SIZE)
      if (length > 8) new DataView(piece.buffer).setUint32(4, content.seed * 31 + at / PIECE_SIZE)
      yield piece
    }
  }
}

/** Blocks by digest in hex. */
export type Blocks = Map<string, Uint8Array>

export const hex = (digest: Uint8Array): string => Buffer.from(digest).toString('hex')

/** Keeps every block that is put, but for leaves of 1 MiB when `dropPieces` is set. */
function blockstore(blocks: Blocks, dropPieces: boolean): { put(cid: CID, block: never): Promise<CID> } {
  return {
    put: async (cid, block: Uint8Array) => {
      if (!dropPieces || block.byteLength < PIECE_SIZE) blocks.set(hex(cid.multihash.digest), block)
      return cid
    }
  }
}

/**
 * What ipfs-unixfs-importer makes of a tree: the root CID and all blocks. Without options in our
 * own profile, and then without leaves of 1 MiB, which would fill the memory.
 */
export async function referenceImport(
  entries: TreeEntry[],
  options?: ImporterOptions
): Promise<{ root: CID; blocks: Blocks }> {
  const blocks: Blocks = new Map()
  const isFile = entries.length === 1 && entries[0]?.path.length === 0
  const candidates = entries.map((entry) => {
    const path = ['root', ...entry.path].join('/')
    if (entry.link !== undefined) return { path, link: entry.link }
    return entry.content === undefined ? { path } : { path, content: pieces(entry.content) }
  })
  let root: CID | undefined
  const store = blockstore(blocks, options === undefined)
  for await (const result of importer(candidates, store as never, {
    ...(options ?? { profile: 'unixfs-v1-2025' }),
    wrapWithDirectory: !isFile
  })) {
    // With a wrapper the last two results are our root and the wrapper around it.
    if (result.path === 'root') root = result.cid
  }
  if (root === undefined) throw new Error('the importer gave no root')
  return { root, blocks }
}

/** What our builder makes of the same tree; files are fed in reverse, which must not matter. */
export function build(entries: TreeEntry[]): ShareLayout {
  const builder = createShareBuilder({ sha256 })
  for (const entry of entries.toReversed()) {
    if (entry.content === undefined) {
      builder.folder(entry.path)
      continue
    }
    const file = builder.file(entry.path)
    let last: { size: number; digest: Uint8Array } | undefined
    for (const piece of pieces(entry.content)) {
      const same = entry.content.seed === 0 && last?.size === piece.byteLength
      last = same && last !== undefined ? last : { size: piece.byteLength, digest: sha256(piece) }
      file.addPiece(last.digest, piece.byteLength)
    }
    file.finish()
  }
  return builder.finish()
}

/** Walks from `root` over the blocks, checking each against its CID; `batch` blocks are under way at once. */
export function walk(root: CID, blocks: Blocks, batch = 7): ShareLayout {
  const walker = createWalker(root)
  while (!walker.done) {
    const needed = walker.needed(batch)
    if (needed.length === 0) throw new Error(`walker stuck: ${walker.fault?.message}`)
    for (const cid of needed.toReversed()) {
      const block = blocks.get(hex(cid.multihash.digest))
      if (block === undefined) throw new Error(`no block ${cid}`)
      const fault = verifyBlock(cid, block, sha256) ?? walker.supply(cid, block)
      if (isContentFault(fault)) throw new Error(`${fault.fault}: ${fault.message}`)
    }
  }
  return walker.layout()
}

/** All that a layout says, as plain data to compare. */
export function plain(layout: ShareLayout): unknown {
  const pieceFacts = Array.from({ length: layout.pieceCount }, (_, i) => {
    const piece = i as Parameters<ShareLayout['digest']>[0]
    return [
      hex(layout.digest(piece)),
      layout.blockSize(piece),
      layout.dataSize(piece),
      layout.fileOf(piece),
      layout.fileOffset(piece),
      layout.isWrapped(piece)
    ].join(' ')
  })
  return {
    root: layout.root.toString(),
    kind: layout.kind,
    size: layout.size,
    pieceFacts,
    files: [...layout.files].map(({ path, diskPath, cid, digest, size, firstPiece, pieceCount, inline }) => {
      return {
        path,
        diskPath,
        cid: cid.toString(),
        digest: hex(digest),
        size,
        firstPiece,
        pieceCount,
        inline
      }
    }),
    folders: [...layout.folders],
    skipped: [...layout.skipped],
    indexBlocks: layout.indexBlocks.map((block) => `${block.cid} ${hex(sha256(block.data))}`)
  }
}
