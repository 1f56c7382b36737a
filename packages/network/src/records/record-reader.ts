import { ShareError } from '@p2pshare/base'
import { Chunks } from './chunks.ts'
import { TAG_LENGTH } from './record-crypto.ts'
import { freeBuffer, isWhole, trackBuffer } from './spent-buffers.ts'

/** Opens one sealed record; throws when it was tampered with. */
export type OpenRecord = (record: Chunks) => Chunks

/** Takes content of records, verified and in order. The buffers are tracked: see `spendBytes`. */
export type TakeContent = (content: Uint8Array) => void

/**
 * Cuts the bytes of a connection into noise records (2 bytes of length, then that many with the tag) and opens
 * them. Nothing is joined: a record that came in two reads is opened in two parts. Holds at most one unfinished
 * record: 65,535 bytes and the reads that they lie in.
 */
export class RecordReader {
  readonly #open: OpenRecord
  /** Whether the reads belong to nobody else, so that their memory may be freed. */
  readonly #ownsReads: boolean
  /** Reads that the unfinished record began in. */
  #begun: Uint8Array[] = []
  #parts: Uint8Array[] = []
  #collected = 0
  /** Length of the record being read; undefined while its two bytes are not both there. */
  #length: number | undefined
  #firstByte: number | undefined

  constructor(open: OpenRecord, ownsReads: boolean) {
    this.#open = open
    this.#ownsReads = ownsReads
  }

  /**
   * Takes one read, and gives the content of the records that it completes.
   * @throws when a record is not sound; the connection is of no use then
   */
  read(read: Uint8Array, take: TakeContent): void {
    let at = 0
    while (at < read.byteLength) {
      if (this.#length === undefined) {
        this.#takeLength(read[at] ?? 0)
        at++
        continue
      }
      const part = read.subarray(at, at + this.#length - this.#collected)
      at += part.byteLength
      this.#parts.push(part)
      this.#collected += part.byteLength
      if (this.#collected === this.#length) for (const content of this.#complete()) take(content)
    }
    if (!this.#ownsReads || !isWhole(read)) return
    if (this.#parts.length === 0) freeBuffer(read.buffer)
    else this.#begun.push(read)
  }

  /** The same for several reads at a time; answers the content. This is how the library's own stream calls. */
  decode(data: Uint8Array | Iterable<Uint8Array>): Uint8Array[] {
    const content: Uint8Array[] = []
    for (const read of data instanceof Uint8Array ? [data] : data) {
      this.read(read, (part) => void content.push(part))
    }
    return content
  }

  #takeLength(byte: number): void {
    if (this.#firstByte === undefined) {
      this.#firstByte = byte
      return
    }
    const length = this.#firstByte * 256 + byte
    if (length < TAG_LENGTH) throw recordTooShort(length)
    this.#length = length
    this.#firstByte = undefined
  }

  #complete(): readonly Uint8Array[] {
    const content = this.#open(new Chunks(this.#parts, this.#collected))
    for (const read of this.#begun) freeBuffer(read.buffer)
    if (this.#begun.length > 0) this.#begun = []
    this.#parts = []
    this.#collected = 0
    this.#length = undefined
    for (const part of content.parts) if (isWhole(part)) trackBuffer(part.buffer)
    return content.parts
  }
}

function recordTooShort(length: number): ShareError {
  return new ShareError({
    code: 'network.record-too-short',
    fault: 'peer',
    message: `the peer sent an encrypted record of ${length} bytes, less than its tag`,
    hint: 'Nothing to do here: the connection was closed.'
  })
}
