import { ShareError } from '@p2pshare/base'
import { TAG_LENGTH } from './record-crypto.ts'
import { freeBuffer, isWhole, trackBuffer } from './spent-buffers.ts'

/** Opens one sealed record, into memory of its own; throws when it was tampered with. */
export type OpenRecord = (record: Uint8Array) => Uint8Array

/** Takes content of records, verified and in order. The buffers are tracked: see `spendBytes`. */
export type TakeContent = (content: Uint8Array) => void

/** Bytes of a record's length before it (Noise, section 3). */
const PREFIX = 2

/**
 * Cuts the bytes of a connection into noise records (2 bytes of length, then that many with the tag) and opens them
 * where they lie. Only the end of a read that is the beginning of a record is copied: 65,536 bytes at most are held.
 */
export class RecordReader {
  readonly #open: OpenRecord
  /** The beginning of a record, with its length: `#filled` bytes of it are here. */
  #begun: Uint8Array | undefined
  #filled = 0
  /** The first byte of a length, when a read ended after it. */
  #firstByte: number | undefined

  constructor(open: OpenRecord) {
    this.#open = open
  }

  /**
   * Takes one read, and gives the content of the records that it completes. The read's bytes may change afterwards.
   * @throws when a record is not sound; the connection is of no use then
   */
  read(read: Uint8Array, take: TakeContent): void {
    let at = this.#finishBegun(read, take)
    while (read.byteLength - at >= PREFIX) {
      const length = lengthOf(read[at] ?? 0, read[at + 1] ?? 0)
      const end = at + PREFIX + length
      if (end > read.byteLength) {
        this.#begin(length, read.subarray(at + PREFIX))
        return
      }
      take(this.#opened(read.subarray(at + PREFIX, end)))
      at = end
    }
    if (at < read.byteLength) this.#firstByte = read[at]
  }

  /** The same for several reads at a time; answers the content. This is how the library's own stream calls. */
  decode(data: Uint8Array | Iterable<Uint8Array>): Uint8Array[] {
    const content: Uint8Array[] = []
    for (const read of data instanceof Uint8Array ? [data] : data) {
      this.read(read, (part) => void content.push(part))
    }
    return content
  }

  /** Adds what a read has of the begun record; answers how many of its bytes were used. */
  #finishBegun(read: Uint8Array, take: TakeContent): number {
    let at = 0
    if (this.#firstByte !== undefined && read.byteLength > 0) {
      const length = lengthOf(this.#firstByte, read[0] ?? 0)
      this.#firstByte = undefined
      this.#begin(length, new Uint8Array(0))
      at = 1
    }
    const begun = this.#begun
    if (begun === undefined) return at
    const part = read.subarray(at, at + begun.byteLength - this.#filled)
    begun.set(part, this.#filled)
    this.#filled += part.byteLength
    if (this.#filled === begun.byteLength) {
      this.#begun = undefined
      const content = this.#opened(begun)
      if (isWhole(begun)) freeBuffer(begun.buffer)
      take(content)
    }
    return at + part.byteLength
  }

  #begin(length: number, first: Uint8Array): void {
    this.#begun = Buffer.allocUnsafeSlow(length)
    this.#begun.set(first)
    this.#filled = first.byteLength
  }

  #opened(record: Uint8Array): Uint8Array {
    const content = this.#open(record)
    if (isWhole(content)) trackBuffer(content.buffer)
    return content
  }
}

function lengthOf(high: number, low: number): number {
  const length = high * 256 + low
  if (length >= TAG_LENGTH) return length
  throw new ShareError({
    code: 'network.record-too-short',
    fault: 'peer',
    message: `the peer sent an encrypted record of ${length} bytes, less than its tag`,
    hint: 'Nothing to do here: the connection was closed.'
  })
}
