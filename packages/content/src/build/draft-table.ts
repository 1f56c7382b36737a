import { DIGEST_SIZE } from '../cid/supported-cid.ts'
import type { BuiltNode } from './encode-node.ts'

const FIRST_CAPACITY = 64

/** Finished files of a share under construction, in flat arrays: 53 bytes a file. */
export class DraftTable {
  #digests = new Uint8Array(FIRST_CAPACITY * DIGEST_SIZE)
  #tsizes = new Float64Array(FIRST_CAPACITY)
  #sizes = new Float64Array(FIRST_CAPACITY)
  /** 0 while the file is not finished. */
  #codecs = new Uint8Array(FIRST_CAPACITY)
  #count = 0

  /** Begins a file and answers its number. */
  add(): number {
    if (this.#count === this.#codecs.length) this.#grow()
    return this.#count++
  }

  isFinished(file: number): boolean {
    return this.#codecs[file] !== 0
  }

  finish(file: number, { digest, codec, tsize, size }: BuiltNode): void {
    this.#digests.set(digest, file * DIGEST_SIZE)
    this.#codecs[file] = codec
    this.#tsizes[file] = tsize
    this.#sizes[file] = size
  }

  /** A finished file, as its folder links to it; undefined before it is finished. */
  node(file: number): BuiltNode | undefined {
    const codec = this.#codecs[file] ?? 0
    if (codec === 0) return undefined
    return {
      codec,
      digest: this.#digests.subarray(file * DIGEST_SIZE, (file + 1) * DIGEST_SIZE),
      tsize: this.tsize(file),
      size: this.#sizes[file] ?? 0
    }
  }

  tsize(file: number): number {
    return this.#tsizes[file] ?? 0
  }

  #grow(): void {
    const capacity = this.#codecs.length * 2
    this.#digests = grown(this.#digests, new Uint8Array(capacity * DIGEST_SIZE))
    this.#tsizes = grown(this.#tsizes, new Float64Array(capacity))
    this.#sizes = grown(this.#sizes, new Float64Array(capacity))
    this.#codecs = grown(this.#codecs, new Uint8Array(capacity))
  }
}

function grown<T extends Uint8Array | Float64Array>(old: T, larger: T): T {
  larger.set(old)
  return larger
}
