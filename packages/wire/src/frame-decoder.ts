import type { DataMessage, HelloMessage, SwarmMessage } from './messages.ts'
import { decodeMessage } from './decode-message.ts'
import type { FrameSink, WireFault } from './frame-sink.ts'
import { WIRE_LIMITS } from './limits.ts'
import { LengthReader } from './varint.ts'

/** First byte of a piece-map frame: protobuf field 4, length-delimited. */
const PIECE_MAP_TAG = 0x22
const NOTHING = new Uint8Array(0)

const LENGTH_FAULTS = {
  'too-long': { kind: 'frame-too-long', text: 'a length prefix of more than 4 bytes' },
  'not-minimal': { kind: 'malformed', text: 'a length prefix with a needless zero byte' },
  zero: { kind: 'malformed', text: 'an empty frame' }
} as const satisfies Record<string, WireFault>

/**
 * Takes one stream's bytes in whatever chunks they come, and tells a sink the messages and payload
 * parts in them. Checks everything: lengths before anything is kept, each number's range, and the
 * order (hello first and once; on a control stream no `data`, on a data stream nothing else).
 * Keeps at most one unfinished frame, in a buffer that grows with what has really arrived.
 */
export class FrameDecoder {
  readonly #length = new LengthReader()
  /** Length of the frame being read; 0 between frames. */
  #frame = 0
  #buffer: Uint8Array = NOTHING
  #filled = 0
  #data: DataMessage | undefined
  #received = 0
  #hello: HelloMessage | undefined
  #fault: WireFault | undefined
  #held: Uint8Array[] | undefined
  #heldBytes = 0

  /** The hello, once it came. */
  get hello(): HelloMessage | undefined {
    return this.#hello
  }

  /** Bytes kept back by {@link hold}. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Whether the stream may end here: no frame or payload is unfinished. */
  get atBoundary(): boolean {
    return this.#frame === 0 && this.#data === undefined && !this.#length.started && this.#heldBytes === 0
  }

  /**
   * Reads the next chunk. Its bytes may change after the call, unless they are held.
   * @returns the first fault found; from then on the decoder takes nothing more and repeats it
   */
  push(chunk: Uint8Array, sink: FrameSink): WireFault | undefined {
    let at = 0
    while (at < chunk.byteLength && this.#fault === undefined) {
      if (this.#held !== undefined) {
        const rest = at === 0 ? chunk : chunk.subarray(at)
        this.#held.push(rest)
        this.#heldBytes += rest.byteLength
        return undefined
      }
      at += this.#step(chunk, at, sink)
    }
    return this.#fault
  }

  /**
   * Stops reading after the current message or part; also from inside the sink. What is pushed
   * from then on is kept, by reference and without bound: the caller stops the source.
   */
  hold(): void {
    this.#held ??= []
  }

  /** Reads what was kept back, and goes on. */
  release(sink: FrameSink): WireFault | undefined {
    const held = this.#held ?? []
    this.#held = undefined
    this.#heldBytes = 0
    for (const chunk of held) this.push(chunk, sink)
    return this.#fault
  }

  /** Reads some bytes from `at` on; answers how many, at least one. */
  #step(chunk: Uint8Array, at: number, sink: FrameSink): number {
    if (this.#data !== undefined) return this.#payload(this.#data, chunk, at, sink)
    if (this.#frame === 0) {
      this.#takeLength(chunk[at] ?? 0)
      return 1
    }
    return this.#body(chunk, at, sink)
  }

  #takeLength(byte: number): void {
    const length = this.#length.take(byte)
    if (typeof length === 'number') {
      this.#frame = length
      if (length > WIRE_LIMITS.pieceMapFrame) this.#frameTooLong()
    } else if (length !== 'more') this.#fault = LENGTH_FAULTS[length]
  }

  #frameTooLong(): void {
    this.#fault = { kind: 'frame-too-long', text: `a frame of ${this.#frame} bytes` }
  }

  #body(chunk: Uint8Array, at: number, sink: FrameSink): number {
    if (this.#filled === 0 && this.#frame > WIRE_LIMITS.controlFrame && chunk[at] !== PIECE_MAP_TAG) {
      this.#frameTooLong()
      return 1
    }
    const part = chunk.subarray(at, at + this.#frame - this.#filled)
    if (part.byteLength === this.#frame) this.#message(part, sink)
    else if (this.#append(part)) this.#message(this.#buffer.subarray(0, this.#filled), sink)
    return part.byteLength
  }

  /** Keeps part of a frame; answers whether the frame is whole. */
  #append(part: Uint8Array): boolean {
    const filled = this.#filled + part.byteLength
    if (filled > this.#buffer.byteLength) {
      // Twice what has arrived, not what was announced: an announcement alone costs nothing.
      const larger = new Uint8Array(Math.min(this.#frame, Math.max(1024, 2 * filled)))
      larger.set(this.#buffer.subarray(0, this.#filled))
      this.#buffer = larger
    }
    this.#buffer.set(part, this.#filled)
    this.#filled = filled
    return filled === this.#frame
  }

  #message(frame: Uint8Array, sink: FrameSink): void {
    const result = decodeMessage(frame)
    this.#frame = 0
    this.#filled = 0
    this.#buffer = NOTHING
    if (result !== undefined && 'kind' in result) this.#fault = result
    else if (this.#inOrder(result)) this.#deliver(result, sink)
  }

  /** Keeps the order of docs/protocol.md §4; undefined is a message of a later version. */
  #inOrder(message: SwarmMessage | undefined): boolean {
    const type = message?.type ?? 'unknown'
    const place = this.#hello?.stream
    const fits =
      place === undefined
        ? type === 'hello'
        : type !== 'hello' && (type === 'unknown' || (type === 'data') === (place === 'data'))
    if (!fits) {
      const where = place === undefined ? 'before hello' : `on a ${place} stream`
      this.#fault = { kind: 'out-of-order', text: `${type} ${where}` }
    }
    return fits
  }

  #deliver(message: SwarmMessage | undefined, sink: FrameSink): void {
    if (message === undefined) return
    if (message.type === 'hello') this.#hello = message
    if (message.type === 'data' && message.length > 0) {
      this.#data = message
      this.#received = 0
    }
    sink.onMessage(message)
  }

  #payload(data: DataMessage, chunk: Uint8Array, at: number, sink: FrameSink): number {
    const part = chunk.subarray(at, at + data.length - this.#received)
    const offset = this.#received
    this.#received += part.byteLength
    if (this.#received === data.length) this.#data = undefined
    sink.onPayload(data, part, offset)
    return part.byteLength
  }
}
