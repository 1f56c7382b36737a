import type { Socket } from 'node:net'
import { Chunks } from './chunks.ts'
import { freeBuffer, isWhole } from './spent-buffers.ts'

/** Most content of one noise record: 65,535 bytes with the tag of 16 (Noise, section 3). */
const RECORD_CONTENT = 65_535 - 16

/** Seals the content of one record. */
export type SealRecord = (content: Chunks) => Chunks

/**
 * Cuts content into records and seals them.
 * @returns what goes on the wire: for each record its length in 2 bytes, its parts, its tag
 */
export function sealRecords(content: Iterable<Uint8Array>, seal: SealRecord): Uint8Array[] {
  const wire: Uint8Array[] = []
  let parts: Uint8Array[] = []
  let size = 0
  const finish = (): void => {
    const record = seal(new Chunks(parts, size))
    wire.push(lengthOf(record), ...record.parts)
    parts = []
    size = 0
  }
  for (let rest of content) {
    while (rest.byteLength > 0) {
      const part = rest.subarray(0, RECORD_CONTENT - size)
      parts.push(part)
      size += part.byteLength
      if (size === RECORD_CONTENT) finish()
      rest = rest.subarray(part.byteLength)
    }
  }
  if (size > 0) finish()
  return wire
}

function lengthOf(record: Chunks): Uint8Array {
  const length = Buffer.allocUnsafe(2)
  length.writeUInt16BE(record.byteLength)
  return length
}

/** Writes sealed records to a socket: all of one tick in one system call. */
export class RecordSocket {
  readonly #socket: Socket
  #corked = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /**
   * Writes all parts, and frees those that are whole buffers once the kernel has them: the caller must not use them
   * any more.
   * @returns whether the socket takes more before its `drain` event
   */
  write(parts: readonly Uint8Array[]): boolean {
    const written = (error?: Error | null): void => {
      // After a failure the kernel may still look at them; the collector takes them in time.
      if (error === undefined || error === null)
        for (const part of parts) if (isWhole(part)) freeBuffer(part.buffer)
    }
    this.#cork()
    let more = true
    for (let i = 0; i < parts.length; i++) {
      more = this.#socket.write(parts[i] as Uint8Array, i === parts.length - 1 ? written : undefined)
    }
    return more
  }

  /** Until the end of this tick: a data header and its payload, a request and a wider window leave together. */
  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#socket.cork()
    queueMicrotask(() => {
      this.#corked = false
      this.#socket.uncork()
    })
  }
}
