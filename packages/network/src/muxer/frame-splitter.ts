import { ShareError } from '@p2pshare/base'
import { spendBytes } from '../records/spent-buffers.ts'

/** Bytes of a yamux header (https://github.com/hashicorp/yamux/blob/master/spec.md). */
const HEADER_LENGTH = 12
/** Type of a frame that carries bytes of a stream; all others are a header alone. */
const DATA = 0
/** Flags that belong to the beginning of a frame (SYN, ACK), and those of its end (FIN, RST). */
const BEGIN_FLAGS = 1 | 2
const END_FLAGS = 4 | 8

/** The header of a frame; `length` is that of its data, or what the frame says by it. */
export interface MuxerHeader {
  readonly type: number
  readonly flag: number
  readonly streamID: number
  readonly length: number
}

/** A frame as the muxer takes it. */
export interface MuxerFrame {
  header: MuxerHeader
  data?: Uint8Array
}

/** Who gets what a {@link FrameSplitter} finds. */
export interface FrameHandler {
  /** A frame without data, or with no bytes of it. */
  onFrame(frame: MuxerFrame): void
  /**
   * Bytes of a data frame.
   * @param header - that of the whole frame
   * @param flag - the flags that go with this part
   */
  onPart(header: MuxerHeader, flag: number, data: Uint8Array): void
}

/**
 * Reads yamux frames, and hands on the bytes of a data frame as they come: as if the peer had sent many small
 * frames. The stock decoder collects a frame of any declared length, up to 4 GiB, before the window is even
 * looked at; here twelve bytes of a header are the most that one connection can make us hold.
 */
export class FrameSplitter {
  readonly #longest: number
  readonly #header = new Uint8Array(HEADER_LENGTH)
  readonly #view = new DataView(this.#header.buffer)
  #headerFilled = 0
  /** The data frame being read, and how much of it is still to come. */
  #frame: MuxerHeader | undefined
  #left = 0
  readonly #handler: FrameHandler
  readonly #waiting: Uint8Array[] = []
  #busy = false

  /** @param longest - bytes of the longest data frame that keeps to any window of ours */
  constructor(longest: number, handler: FrameHandler) {
    this.#longest = longest
    this.#handler = handler
  }

  /**
   * Takes what came and hands on the frames, or parts of frames, in it.
   * @throws ShareError `network.muxer-frame-too-long`, `network.muxer-version`, or what the handler throws; the
   *   connection is of no use then
   */
  take(data: Uint8Array): void {
    // Handling a frame may bring more in, which comes after what is here.
    if (this.#busy) {
      this.#waiting.push(data)
      return
    }
    this.#busy = true
    try {
      this.#split(data)
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#split(next)
      }
    } finally {
      this.#busy = false
    }
  }

  #split(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.byteLength) {
      const frame = this.#frame
      if (frame === undefined) {
        at += this.#takeHeader(chunk, at)
        if (this.#headerFilled === HEADER_LENGTH) this.#begin()
        continue
      }
      const whole = at === 0 && chunk.byteLength <= this.#left
      const data = whole ? chunk : chunk.subarray(at, at + this.#left)
      at += data.byteLength
      this.#part(frame, data)
    }
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const count = Math.min(HEADER_LENGTH - this.#headerFilled, chunk.byteLength - at)
    for (let i = 0; i < count; i++) this.#header[this.#headerFilled + i] = chunk[at + i] ?? 0
    this.#headerFilled += count
    spendBytes(chunk.buffer, count)
    return count
  }

  /** A frame without bytes is whole with its header. */
  #begin(): void {
    this.#headerFilled = 0
    const view = this.#view
    if (view.getUint8(0) !== 0) throw otherVersion(view.getUint8(0))
    const header = {
      type: view.getUint8(1),
      flag: view.getUint16(2),
      streamID: view.getUint32(4),
      length: view.getUint32(8)
    }
    if (header.type !== DATA) this.#handler.onFrame({ header })
    else if (header.length === 0) this.#handler.onFrame({ header, data: new Uint8Array(0) })
    else if (header.length > this.#longest) throw frameTooLong(header.length, this.#longest)
    else {
      this.#frame = header
      this.#left = header.length
    }
  }

  #part(frame: MuxerHeader, data: Uint8Array): void {
    const first = this.#left === frame.length
    this.#left -= data.byteLength
    const last = this.#left === 0
    if (last) this.#frame = undefined
    const flag = frame.flag === 0 ? 0 : frame.flag & ((first ? BEGIN_FLAGS : 0) | (last ? END_FLAGS : 0))
    this.#handler.onPart(frame, flag, data)
  }
}

function frameTooLong(length: number, longest: number): ShareError {
  return new ShareError({
    code: 'network.muxer-frame-too-long',
    fault: 'peer',
    message: `the peer sent a multiplexer frame longer than its window: ${length} bytes, ${longest} are allowed`,
    hint: 'Nothing to do here: the connection was closed.'
  })
}

function otherVersion(version: number): ShareError {
  return new ShareError({
    code: 'network.muxer-version',
    fault: 'peer',
    message: `the peer sent a multiplexer frame of version ${version}`,
    hint: 'Nothing to do here: the connection was closed.'
  })
}
