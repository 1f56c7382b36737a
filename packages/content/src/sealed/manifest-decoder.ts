import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import {
  MAX_FOLDER_DEPTH,
  MAX_MANIFEST_SIZE,
  MAX_PATH_SIZE,
  MAX_RAW_NAME_SIZE,
  MAX_SEALED_ENTRIES,
  MAX_SHARE_SIZE
} from '../limits.ts'
import { diskNames } from '../names/folder-names.ts'
import { checkName } from '../names/name-gate.ts'
import { decodeUtf8, utf8Size } from '../names/utf8.ts'
import { MANIFEST_HEADER_SIZE, MANIFEST_VERSION } from './manifest-encoder.ts'
import { ManifestNode, type SealedEntry } from './manifest-node.ts'

/** What the first bytes of a private share say. */
export interface ManifestHeader {
  readonly kind: 'file' | 'folder'
  /** Header and names; the content begins here. */
  readonly manifestSize: number
  /** Bytes of all files. */
  readonly contentSize: number
}

/** What a private share holds. */
export interface SealedTree {
  readonly kind: 'file' | 'folder'
  readonly name: string
  readonly files: readonly SealedEntry[]
  /** Parents before children. */
  readonly folders: readonly SealedEntry[]
  /** Plain bytes without padding. */
  readonly size: number
}

/** Reads the first 16 plain bytes. */
export function decodeManifestHeader(bytes: Uint8Array): ManifestHeader | ContentFault {
  if (bytes.byteLength < MANIFEST_HEADER_SIZE) return bad('it is cut off')
  const view = new DataView(bytes.buffer, bytes.byteOffset, MANIFEST_HEADER_SIZE)
  const kind = view.getUint8(1)
  if (view.getUint8(0) !== MANIFEST_VERSION) return bad('it is of a version that is not known')
  if (kind > 1 || view.getUint16(2) !== 0) return bad('it is of a kind that is not known')
  const names = view.getUint32(4)
  const contentSize = Number(view.getBigUint64(8))
  if (names > MAX_MANIFEST_SIZE)
    return contentFault('index-too-large', 'the names of the share take more than 16 MiB')
  if (contentSize > MAX_SHARE_SIZE) return contentFault('share-too-large', 'the share is over 4 TiB')
  return { kind: kind === 1 ? 'folder' : 'file', manifestSize: MANIFEST_HEADER_SIZE + names, contentSize }
}

/** Reads a whole manifest. Whoever made the share may be hostile: every name passes the gate, every sum is checked. */
export function decodeManifest(bytes: Uint8Array): SealedTree | ContentFault {
  const header = decodeManifestHeader(bytes)
  if (isContentFault(header)) return header
  if (bytes.byteLength !== header.manifestSize) return bad('its length is wrong')
  const reader = new Reader(bytes)
  const name = reader.text()
  if (name === undefined) return bad('its name cannot be read')
  const nameFault = checkName(name)
  if (nameFault !== undefined) return nameFault
  const nodes = header.kind === 'file' ? readFile(reader, name) : readEntries(reader)
  if (isContentFault(nodes)) return nodes
  if (!reader.isAtEnd) return bad('something follows its end')
  const content = nodes.reduce((sum, { size }) => sum + size, 0)
  if (content !== header.contentSize) return bad('its sizes do not add up')
  return treeOf(header, name, nodes)
}

function readFile(reader: Reader, name: string): ManifestNode[] | ContentFault {
  const size = reader.number()
  return size === undefined
    ? bad('a size cannot be read')
    : [new ManifestNode({ kind: 'file', name, size, folder: undefined })]
}

function readEntries(reader: Reader): ManifestNode[] | ContentFault {
  const nodes: ManifestNode[] = []
  /** The folders that the last entry lies in, or is, from the root down. */
  const open: { readonly node: ManifestNode; readonly pathSize: number }[] = []
  while (!reader.isAtEnd) {
    if (nodes.length >= MAX_SEALED_ENTRIES) {
      return contentFault('too-many-entries', `the share holds more than ${MAX_SEALED_ENTRIES} entries`)
    }
    const entry = readEntry(reader)
    if (entry === undefined) return bad('an entry cannot be read')
    const { depth, ...rest } = entry
    if (depth > open.length) return bad('an entry lies in no folder')
    open.length = depth
    const folder = open.at(-1)
    const pathSize = (folder === undefined ? 0 : folder.pathSize + 1) + utf8Size(entry.name)
    const fault = checkEntry(entry, pathSize)
    if (fault !== undefined) return fault
    const node = new ManifestNode({ ...rest, folder: folder?.node })
    if (entry.kind === 'folder') open.push({ node, pathSize })
    nodes.push(node)
  }
  return nodes
}

interface EntryOfManifest {
  readonly kind: 'file' | 'folder'
  readonly depth: number
  readonly name: string
  readonly size: number
}

function readEntry(reader: Reader): EntryOfManifest | undefined {
  const kind = reader.number()
  const depth = reader.number()
  const name = reader.text()
  const size = kind === 0 ? reader.number() : 0
  if (kind === undefined || kind > 1 || depth === undefined) return undefined
  if (name === undefined || size === undefined) return undefined
  return { kind: kind === 1 ? 'folder' : 'file', depth, name, size }
}

/** @param pathSize - bytes of all names on the way, with what separates them */
function checkEntry({ kind, depth, name }: EntryOfManifest, pathSize: number): ContentFault | undefined {
  const folders = kind === 'folder' ? depth + 1 : depth
  if (folders > MAX_FOLDER_DEPTH)
    return contentFault('too-deep', `folders are nested more than ${MAX_FOLDER_DEPTH} deep`)
  return (
    checkName(name) ??
    (pathSize > MAX_PATH_SIZE
      ? contentFault('bad-name', `a path is longer than ${MAX_PATH_SIZE} bytes`)
      : undefined)
  )
}

function treeOf(
  header: ManifestHeader,
  name: string,
  nodes: readonly ManifestNode[]
): SealedTree | ContentFault {
  if (header.kind === 'folder') {
    const fault = nameOnDisk(nodes)
    if (fault !== undefined) return fault
  }
  const files: SealedEntry[] = []
  const folders: SealedEntry[] = []
  let offset = header.manifestSize
  for (const node of nodes) {
    node.offset = offset
    if (node.kind === 'folder') folders.push(node)
    else files.push(node)
    offset += node.size
  }
  return { kind: header.kind, name, files, folders, size: offset }
}

/** Names are mapped folder by folder, so that no two files get the same place. */
function nameOnDisk(nodes: readonly ManifestNode[]): ContentFault | undefined {
  const children = new Map<ManifestNode | undefined, ManifestNode[]>()
  for (const node of nodes) {
    const siblings = children.get(node.folder)
    if (siblings === undefined) children.set(node.folder, [node])
    else siblings.push(node)
  }
  for (const members of children.values()) {
    const names = members.map(({ name }) => name)
    if (new Set(names).size < names.length)
      return contentFault('bad-folder', 'a folder has two entries of one name')
    const mapped = diskNames(names)
    for (const [i, node] of members.entries()) node.diskName = mapped[i] ?? ''
  }
  return undefined
}

class Reader {
  readonly #bytes: Uint8Array
  #at = MANIFEST_HEADER_SIZE

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.byteLength
  }

  /** Undefined when it is cut off, over 2^49, or longer than it needs to be. */
  number(): number | undefined {
    let value = 0
    for (let i = 0; i < 7; i++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) return undefined
      value += (byte & 127) * 128 ** i
      if (byte < 128) return i > 0 && byte === 0 ? undefined : value
    }
    return undefined
  }

  text(): string | undefined {
    const size = this.number()
    if (size === undefined || size > MAX_RAW_NAME_SIZE || this.#at + size > this.#bytes.byteLength)
      return undefined
    this.#at += size
    return decodeUtf8(this.#bytes.subarray(this.#at - size, this.#at))
  }
}

function bad(why: string): ContentFault {
  return contentFault('bad-block', `the manifest of the private share is not sound: ${why}`)
}
