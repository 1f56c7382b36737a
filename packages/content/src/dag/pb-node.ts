import { ProtobufCursor } from './protobuf-cursor.ts'

/** Numbers kept for each link: where its CID and name begin and end. */
const FIELDS = 4

/** A dag-pb node as views into its block. */
export interface PbNode {
  readonly data: Uint8Array | undefined
  readonly links: PbLinks
}

/** The links of a node in their order; 24 bytes each, since a hostile block may have 10^5. */
export class PbLinks {
  readonly #block: Uint8Array
  #fields = new Uint32Array(FIELDS * 4)
  #tsizes = new Float64Array(4)
  #count = 0

  constructor(block: Uint8Array) {
    this.#block = block
  }

  get count(): number {
    return this.#count
  }

  /** Binary CID; view. */
  hash(i: number): Uint8Array {
    return this.#slice(i * FIELDS)
  }

  /** Name in UTF-8, unchecked; view, empty when there is none. */
  name(i: number): Uint8Array {
    return this.#slice(i * FIELDS + 2)
  }

  /** Cumulative size of what hangs below, as claimed; −1 when the link has none. */
  tsize(i: number): number {
    return this.#tsizes[i] ?? -1
  }

  /** Reads the link at `start … end` of the block and adds it; false when malformed. */
  add(start: number, end: number): boolean {
    this.#grow()
    const at = this.#count * FIELDS
    const cursor = new ProtobufCursor(this.#block, start, end)
    this.#tsizes[this.#count] = -1
    let last = 0
    while (!cursor.atEnd) {
      const key = cursor.varint()
      // Hash, Name, Tsize: each at most once, in this order (dag-pb spec, "canonical").
      if (key >>> 3 <= last || !this.#field(cursor, key, at)) return false
      last = key >>> 3
    }
    this.#count++
    return (this.#fields[at + 1] ?? 0) > (this.#fields[at] ?? 0)
  }

  #field(cursor: ProtobufCursor, key: number, at: number): boolean {
    if (key === 0x18) {
      const tsize = cursor.varint()
      this.#tsizes[this.#count] = tsize
      return tsize >= 0
    }
    if (key !== 0x0a && key !== 0x12) return false
    const end = cursor.delimited()
    if (end < 0) return false
    const field = at + (key === 0x0a ? 0 : 2)
    this.#fields[field] = cursor.at
    this.#fields[field + 1] = end
    cursor.at = end
    return true
  }

  #slice(field: number): Uint8Array {
    return this.#block.subarray(this.#fields[field] ?? 0, this.#fields[field + 1] ?? 0)
  }

  #grow(): void {
    if (this.#count < this.#tsizes.length) return
    const fields = new Uint32Array(this.#fields.length * 2)
    fields.set(this.#fields)
    this.#fields = fields
    const tsizes = new Float64Array(this.#tsizes.length * 2)
    tsizes.set(this.#tsizes)
    this.#tsizes = tsizes
  }
}

/**
 * Reads a dag-pb block: Data at most once, Links in one run, nothing else.
 * @returns undefined when malformed
 * @see https://ipld.io/specs/codecs/dag-pb/spec/
 */
export function readPbNode(block: Uint8Array): PbNode | undefined {
  const cursor = new ProtobufCursor(block)
  const links = new PbLinks(block)
  let data: Uint8Array | undefined
  let linksEnded = false
  while (!cursor.atEnd) {
    const key = cursor.varint()
    if (key === 0x0a) {
      if (data !== undefined) return undefined
      data = cursor.view()
      if (data === undefined) return undefined
      linksEnded = links.count > 0
    } else if (key === 0x12 && !linksEnded) {
      const end = cursor.delimited()
      if (end < 0 || !links.add(cursor.at, end)) return undefined
      cursor.at = end
    } else return undefined
  }
  return { data, links }
}
