import { invariant } from '@p2pshare/base'
import { utf8Size, decodeUtf8 } from '../names/utf8.ts'
import { NumberList } from './number-list.ts'

const FIRST_CAPACITY = 1024

/** Names in one buffer, each known by its number: some 14 bytes a name, where a string takes over 50. */
export class NameTable {
  #bytes = new Uint8Array(FIRST_CAPACITY)
  readonly #ends = new NumberList()
  /** Names for the disk, where they are others. */
  readonly #mapped = new Map<number, string>()

  get count(): number {
    return this.#ends.length
  }

  /** Bytes of all names. */
  get size(): number {
    return this.#ends.at(this.#ends.length - 1)
  }

  /**
   * Adds a name and answers its number, one more than that of the name before.
   * @param name - valid UTF-8; copied
   */
  add(name: Uint8Array): number {
    const start = this.size
    const end = start + name.byteLength
    if (end > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.byteLength * 2))
      grown.set(this.#bytes.subarray(0, start))
      this.#bytes = grown
    }
    this.#bytes.set(name, start)
    this.#ends.push(end)
    return this.#ends.length - 1
  }

  /** Says that a name is another one on disk. */
  map(name: number, disk: string): void {
    this.#mapped.set(name, disk)
  }

  text(name: number): string {
    const text = decodeUtf8(this.#bytes.subarray(this.#start(name), this.#ends.at(name)))
    invariant(text !== undefined, 'a name that is no UTF-8')
    return text
  }

  /** The name on disk; undefined where it is the same. */
  disk(name: number): string | undefined {
    return this.#mapped.get(name)
  }

  /** Bytes of a name. */
  sizeOf(name: number): number {
    return this.#ends.at(name) - this.#start(name)
  }

  /** Bytes of a name on disk. */
  diskSizeOf(name: number): number {
    const disk = this.#mapped.get(name)
    return disk === undefined ? this.sizeOf(name) : utf8Size(disk)
  }

  #start(name: number): number {
    return name === 0 ? 0 : this.#ends.at(name - 1)
  }
}
