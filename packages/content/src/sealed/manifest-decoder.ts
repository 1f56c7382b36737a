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

/** What the first bytes of a private share say. */
export interface ManifestHeader {
  readonly kind: 'file' | 'folder'
  /** Header and names; the content begins here. */
  readonly manifestSize: number
  /** Bytes of all files. */
  readonly contentSize: number
}

/** A file or folder of a private share. */
export interface SealedEntry {
  readonly kind: 'file' | 'folder'
  /** Names from the root down; empty when the share is one file. They passed the name gate. */
  readonly path: readonly string[]
  /** The same, as every system can store them. */
  readonly diskPath: readonly string[]
  /** Content bytes; 0 for a folder. */
  readonly size: number
  /** Where its content begins among the plain bytes of the share. */
  readonly offset: number
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
  const drafts = header.kind === 'file' ? readFile(reader) : readEntries(reader)
  if (isContentFault(drafts)) return drafts
  if (!reader.isAtEnd) return bad('something follows its end')
  const content = drafts.reduce((sum, { size }) => sum + size, 0)
  if (content !== header.contentSize) return bad('its sizes do not add up')
  return treeOf(header, name, drafts)
}

interface Draft {
  readonly kind: 'file' | 'folder'
  readonly path: readonly string[]
  readonly size: number
}

function readFile(reader: Reader): Draft[] | ContentFault {
  const size = reader.number()
  return size === undefined ? bad('a size cannot be read') : [{ kind: 'file', path: [], size }]
}

function readEntries(reader: Reader): Draft[] | ContentFault {
  const drafts: Draft[] = []
  /** The folder that the last entry of each depth lies in. */
  let open: readonly string[] = []
  while (!reader.isAtEnd) {
    if (drafts.length >= MAX_SEALED_ENTRIES) {
      return contentFault('too-many-entries', `the share holds more than ${MAX_SEALED_ENTRIES} entries`)
    }
    const entry = readEntry(reader)
    if (entry === undefined) return bad('an entry cannot be read')
    const { kind, depth, name, size } = entry
    if (depth > open.length) return bad('an entry lies in no folder')
    const path = [...open.slice(0, depth), name]
    const fault = checkEntry(path, kind === 'folder')
    if (fault !== undefined) return fault
    open = kind === 'folder' ? path : open.slice(0, depth)
    drafts.push({ kind, path, size })
  }
  return drafts
}

function readEntry(
  reader: Reader
): { kind: 'file' | 'folder'; depth: number; name: string; size: number } | undefined {
  const kind = reader.number()
  const depth = reader.number()
  const name = reader.text()
  const size = kind === 0 ? reader.number() : 0
  if (kind === undefined || kind > 1 || depth === undefined) return undefined
  if (name === undefined || size === undefined) return undefined
  return { kind: kind === 1 ? 'folder' : 'file', depth, name, size }
}

function checkEntry(path: readonly string[], isFolder: boolean): ContentFault | undefined {
  const folders = isFolder ? path.length : path.length - 1
  if (folders > MAX_FOLDER_DEPTH)
    return contentFault('too-deep', `folders are nested more than ${MAX_FOLDER_DEPTH} deep`)
  const fault = checkName(path.at(-1) ?? '')
  if (fault !== undefined) return fault
  const size = path.reduce((sum, name) => sum + utf8Size(name) + 1, -1)
  return size > MAX_PATH_SIZE
    ? contentFault('bad-name', `a path is longer than ${MAX_PATH_SIZE} bytes`)
    : undefined
}

function treeOf(header: ManifestHeader, name: string, drafts: readonly Draft[]): SealedTree | ContentFault {
  const disk = diskPaths(drafts)
  if (isContentFault(disk)) return disk
  const files: SealedEntry[] = []
  const folders: SealedEntry[] = []
  let offset = header.manifestSize
  for (const [i, draft] of drafts.entries()) {
    const entry = { ...draft, diskPath: disk[i] ?? [], offset }
    if (draft.kind === 'folder') folders.push(entry)
    else files.push(entry)
    offset += draft.size
  }
  return { kind: header.kind, name, files, folders, size: offset }
}

/** Names are mapped folder by folder, so that no two files get the same place. */
function diskPaths(drafts: readonly Draft[]): (readonly string[])[] | ContentFault {
  const children = new Map<string, number[]>()
  for (const [i, { path }] of drafts.entries()) {
    if (path.length === 0) return [[]]
    const parent = path.slice(0, -1).join('/')
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [i])
    else siblings.push(i)
  }
  const result: (readonly string[])[] = []
  const diskOf = new Map<string, readonly string[]>([['', []]])
  // Parents come before children, so that a folder is known when its entries are met.
  for (const [parent, members] of children) {
    const names = members.map((i) => drafts[i]?.path.at(-1) ?? '')
    if (new Set(names).size < names.length)
      return contentFault('bad-folder', 'a folder has two entries of one name')
    const mapped = diskNames(names)
    for (const [k, i] of members.entries()) {
      const path = [...(diskOf.get(parent) ?? []), mapped[k] ?? '']
      result[i] = path
      if (drafts[i]?.kind === 'folder') diskOf.set(drafts[i].path.join('/'), path)
    }
  }
  return result
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
