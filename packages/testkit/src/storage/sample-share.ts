import { createHash } from 'node:crypto'
import {
  type Bytes,
  bytes,
  invariant,
  type PieceIndex,
  pieceIndex,
  type Rng,
  seededRng
} from '@p2pshare/base'
import { type FileEntry, type InlineExtent, parseCid, type ShareLayout } from '@p2pshare/content'
import type { FileIdentity } from '@p2pshare/ports'

/** What a sample share is made of. */
export interface SampleShareInit {
  seed: number
  /** Sizes of the files; one alone makes a `file` share. Names are made up, in nested folders. */
  files: readonly { path?: readonly string[]; size: number; inline?: boolean }[]
  folders?: readonly (readonly string[])[]
  pieceSize?: number
  /** Whether every leaf has bytes around its data, as in foreign DAGs. */
  wrapped?: boolean
}

/** A share with made-up bytes and a layout that fits them, without the DAG of a real one. */
export interface SampleShare {
  readonly cid: string
  readonly layout: ShareLayout
  /** The block of a piece; a copy. */
  block(piece: PieceIndex): Uint8Array
  /** The whole of a file; a copy. */
  file(index: number): Uint8Array
}

interface Piece {
  block: Uint8Array
  digest: Uint8Array
  data: Uint8Array
  file: number
  offset: number
}

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())

/** Makes a share; the same seed and shape make the same one. */
export function sampleShare(init: SampleShareInit): SampleShare {
  const rng = seededRng(init.seed)
  const pieceSize = init.pieceSize ?? 1024
  const contents = init.files.map(({ size }) => randomBytes(rng, size))
  const pieces: Piece[] = []
  const files: FileEntry[] = init.files.map((file, index) => {
    const data = contents[index] ?? new Uint8Array(0)
    const firstPiece = pieceIndex(pieces.length)
    if (file.inline !== true) pieces.push(...cut(data, index, pieceSize, init.wrapped === true))
    const path = file.path ?? (init.files.length === 1 ? [] : [`folder ${index % 3}`, `file ${index}`])
    const inline: InlineExtent[] = file.inline === true ? [{ offset: bytes(0), data }] : []
    const pieceCount = pieces.length - firstPiece
    const digest = sha256(data)
    return {
      path,
      diskPath: path,
      cid: cidOf(digest),
      digest,
      size: bytes(data.length),
      firstPiece,
      pieceCount,
      inline
    }
  })
  const root = cidOf(sha256(Buffer.from(JSON.stringify([init, pieces.length]))))
  const layout = layoutOf(root, files, pieces, init)
  return {
    cid: root.toString(),
    layout,
    block: (piece) => pieceAt(pieces, piece).block.slice(),
    file: (index) => (contents[index] ?? new Uint8Array(0)).slice()
  }
}

/** Random bytes from a seeded source, in a buffer of their own. */
export function randomBytes(rng: Rng, size: number): Uint8Array {
  const out = new Uint8Array(size)
  for (let i = 0; i < size; i++) out[i] = rng.below(256)
  return out
}

/** An identity for rows of a catalogue that no real file stands behind. */
export function sampleIdentity(file: number, rng: Rng): FileIdentity {
  const big = (): bigint => (BigInt(rng.below(2 ** 31)) << 32n) | BigInt(rng.uint32())
  return { file, size: rng.uint32(), mtime: big(), ctime: big(), inode: (1n << 63n) | big() }
}

function cidOf(digest: Uint8Array): ShareLayout['root'] {
  // base16; CIDv1, raw, sha2-256 of 32 bytes
  const cid = parseCid(`f01551220${Buffer.from(digest).toString('hex')}`)
  invariant(cid !== undefined, 'a digest has 32 bytes')
  return cid
}

function cut(data: Uint8Array, file: number, pieceSize: number, wrapped: boolean): Piece[] {
  const pieces: Piece[] = []
  for (let offset = 0; offset < data.byteLength; offset += pieceSize) {
    const part = data.subarray(offset, offset + pieceSize)
    const block = wrapped ? wrap(part) : part
    pieces.push({ block, digest: sha256(block), data: part, file, offset })
  }
  return pieces
}

/** A dag-pb node with a UnixFS file of inline data (unixfs.proto: Type 2 = File, 2 = Data, 3 = filesize). */
function wrap(data: Uint8Array): Uint8Array {
  const size = varint(data.byteLength)
  const unixfs = Uint8Array.of(0x08, 0x02, 0x12, ...size, ...data, 0x18, ...size)
  return Uint8Array.of(0x0a, ...varint(unixfs.byteLength), ...unixfs)
}

function varint(value: number): number[] {
  const out: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...out, rest]
    out.push((rest & 0x7f) | 0x80)
  }
}

function layoutOf(
  root: ShareLayout['root'],
  files: readonly FileEntry[],
  pieces: readonly Piece[],
  init: SampleShareInit
): ShareLayout {
  const kind = files.length === 1 && files[0]?.path.length === 0 ? 'file' : 'folder'
  const folders = new Map<string, readonly string[]>()
  for (const { path } of files) {
    for (let depth = 1; depth < path.length; depth++)
      folders.set(path.slice(0, depth).join('/'), path.slice(0, depth))
  }
  for (const path of init.folders ?? []) folders.set(path.join('/'), path)
  const size = bytes(files.reduce((sum, file) => sum + file.size, 0))
  const at = (piece: PieceIndex): Piece => pieceAt(pieces, piece)
  return {
    root,
    kind,
    size,
    pieceCount: pieces.length,
    files,
    folders: [...folders.values()].map((path) => ({ path, diskPath: path })),
    skipped: [],
    indexBlocks: [],
    digest: (piece) => at(piece).digest,
    blockSize: (piece) => at(piece).block.byteLength as Bytes,
    dataSize: (piece) => at(piece).data.byteLength as Bytes,
    fileOf: (piece) => at(piece).file,
    fileOffset: (piece) => at(piece).offset as Bytes,
    isWrapped: () => init.wrapped === true
  }
}

function pieceAt(pieces: readonly Piece[], piece: PieceIndex): Piece {
  const found = pieces[piece]
  invariant(found !== undefined, `piece ${piece} of ${pieces.length}`)
  return found
}
