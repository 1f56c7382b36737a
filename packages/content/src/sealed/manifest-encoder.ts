import { contentError, contentFault } from '../fault.ts'
import { MAX_MANIFEST_SIZE, MAX_SEALED_ENTRIES, MAX_SHARE_SIZE } from '../limits.ts'
import { utf8Bytes } from '../names/utf8.ts'

/** Bytes in front of the names: version, kind, two zeros, length of the names, bytes of content. */
export const MANIFEST_HEADER_SIZE = 16
export const MANIFEST_VERSION = 1

/** An entry below the root of a private share, in depth-first order. */
export interface ManifestEntry {
  readonly kind: 'file' | 'folder'
  /** Folders between the root and the entry; it lies in the last folder before it that is one less deep. */
  readonly depth: number
  readonly name: string
  /** Content bytes; 0 for a folder. */
  readonly size: number
}

/** What a private share holds. */
export interface ManifestSource {
  readonly name: string
  /** The share is this one file, of so many bytes; absent: it is a folder. */
  readonly fileSize?: number
  readonly entries: readonly ManifestEntry[]
}

/**
 * The beginning of the plain bytes of a private share; the content of its files follows, in their order.
 * @throws ShareError `content.too-many-entries`, `content.index-too-large`, `content.share-too-large`
 */
export function encodeManifest({ name, fileSize, entries }: ManifestSource): Uint8Array {
  if (entries.length > MAX_SEALED_ENTRIES) {
    throw contentError(
      contentFault(
        'too-many-entries',
        `a private share holds at most ${MAX_SEALED_ENTRIES} files and folders`
      )
    )
  }
  const writer = new Writer()
  writer.text(name)
  let size = fileSize ?? 0
  if (fileSize !== undefined) writer.number(fileSize)
  for (const entry of entries) {
    writer.number(entry.kind === 'folder' ? 1 : 0)
    writer.number(entry.depth)
    writer.text(entry.name)
    if (entry.kind === 'file') writer.number(entry.size)
    size += entry.size
  }
  if (writer.size > MAX_MANIFEST_SIZE) {
    throw contentError(contentFault('index-too-large', 'the names of the share take more than 16 MiB'))
  }
  if (size > MAX_SHARE_SIZE) throw contentError(contentFault('share-too-large', 'the share is over 4 TiB'))
  return writer.finish(fileSize === undefined ? 1 : 0, size)
}

/** Grows as it is written to; the header is put in at the end. */
class Writer {
  #bytes = new Uint8Array(4096)
  #end = MANIFEST_HEADER_SIZE

  get size(): number {
    return this.#end - MANIFEST_HEADER_SIZE
  }

  /** LEB128: seven bits a byte, least first. */
  number(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#end++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#end++] = rest
  }

  text(value: string): void {
    const bytes = utf8Bytes(value)
    this.number(bytes.byteLength)
    this.#reserve(bytes.byteLength)
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.byteLength
  }

  finish(kind: number, contentSize: number): Uint8Array {
    const view = new DataView(this.#bytes.buffer)
    view.setUint8(0, MANIFEST_VERSION)
    view.setUint8(1, kind)
    view.setUint32(4, this.size)
    view.setBigUint64(8, BigInt(contentSize))
    return this.#bytes.slice(0, this.#end)
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#bytes.byteLength) return
    const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, this.#end + size))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
