import type { Stream } from '@libp2p/interface'
import { type Bytes, bytes, type Millis, type ShareError } from '@p2pshare/base'
import type { Pace } from '@p2pshare/ports'
import { encodeFrame } from '@p2pshare/wire'

/** Header and payload up to this size leave in one send; the copy is cheaper than a second frame. */
const JOINED_SIZE = 8 * 1024

interface Waiting {
  header: Uint8Array | undefined
  payload: Uint8Array
  offset: number
  pace: Pace | undefined
  /** Bytes that the pace has let pass and that have not left. */
  allowed: number
  resolve(): void
  reject(error: unknown): void
}

/** What a {@link DataWriter} needs besides its stream. */
export interface DataWriterInit {
  sliceSize: number
  now(): Millis
  /** The stream can't be written to any more. */
  onFailure(error: unknown): void
}

/**
 * Sends payloads in order, a slice at a time, and only while nothing waits in the stream: at most
 * one slice of ours lies between the payload and the socket, so control messages of the same
 * connection never queue behind more, and a payload's buffer is free when its promise resolves
 * (noise has encrypted the bytes into its own buffer by then).
 */
export class DataWriter {
  readonly #stream: Stream
  readonly #init: DataWriterInit
  readonly #queue: Waiting[] = []
  #queued = 0
  #pumping = false
  /** The first payload waits for its turn under a rate limit. */
  #held = false
  #scheduled = false
  #lastBuffered = 0
  #progressAt: Millis
  #failure: unknown

  constructor(stream: Stream, init: DataWriterInit) {
    this.#stream = stream
    this.#init = init
    this.#progressAt = init.now()
    stream.addEventListener('drain', this.#onDrain)
  }

  /** Payload bytes taken and not yet handed over. */
  get queued(): Bytes {
    return bytes(this.#queued)
  }

  /** When bytes last left while others waited for the stream; undefined when none waits, or only for a rate limit. */
  get waitingSince(): Millis | undefined {
    return this.#queue.length === 0 || this.#held ? undefined : this.#progressAt
  }

  /** Takes a payload; see `PeerLink.sendData`. */
  send(id: number, payload: Uint8Array, pace?: Pace): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) this.#progressAt = this.#init.now()
      const header = encodeFrame({ type: 'data', id, length: bytes(payload.byteLength) })
      this.#queue.push({ header, payload, offset: 0, pace, allowed: 0, resolve, reject })
      this.#queued += payload.byteLength
      this.#pump()
    })
  }

  /** Rejects all that waits, and all that comes. */
  fail(error: ShareError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#stream.removeEventListener('drain', this.#onDrain)
    this.#queued = 0
    for (const waiting of this.#queue.splice(0)) waiting.reject(error)
  }

  // stream.onDrain() resolves once for all time, so the event it is. The stream empties its own
  // buffer in a microtask queued before ours.
  readonly #onDrain = (): void => {
    if (this.#scheduled || this.#queue.length === 0) return
    this.#scheduled = true
    queueMicrotask(this.#afterDrain)
  }

  readonly #afterDrain = (): void => {
    this.#scheduled = false
    const buffered = this.#stream.writeBufferLength
    if (buffered < this.#lastBuffered) this.#progressAt = this.#init.now()
    this.#lastBuffered = buffered
    this.#pump()
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#failure === undefined && this.#canSend()) {
        const first = this.#queue[0]
        if (first === undefined) break
        if (first.header === undefined && first.offset === first.payload.byteLength) this.#finish(first)
        else if (this.#mayGo(first)) this.#sendPart(first)
        else break
      }
    } catch (error) {
      this.#init.onFailure(error)
    } finally {
      this.#pumping = false
    }
  }

  #canSend(): boolean {
    return this.#stream.writeBufferLength === 0 && !this.#stream.writableNeedsDrain
  }

  /** Whether the next slice may pass the rate limit now; if not, sending goes on when it may. */
  #mayGo(waiting: Waiting): boolean {
    if (this.#held) return false
    const { pace, payload, offset } = waiting
    if (pace === undefined || waiting.allowed > 0) return true
    const rest = payload.byteLength - offset
    waiting.allowed = Math.min(rest, this.#init.sliceSize, pace.slice)
    const turn = waiting.allowed === 0 ? undefined : pace.take(waiting.allowed)
    if (turn === undefined) return true
    this.#held = true
    void turn.then((allowed) => {
      waiting.allowed = allowed
      this.#held = false
      this.#progressAt = this.#init.now()
      this.#pump()
    })
    return false
  }

  #finish(waiting: Waiting): void {
    this.#queue.shift()
    this.#queued -= waiting.payload.byteLength
    waiting.resolve()
  }

  #sendPart(waiting: Waiting): void {
    const { header, payload, pace } = waiting
    const most = pace === undefined ? this.#init.sliceSize : waiting.allowed
    let part: Uint8Array
    if (header !== undefined && payload.byteLength <= Math.min(JOINED_SIZE, most)) {
      part = new Uint8Array(header.byteLength + payload.byteLength)
      part.set(header)
      part.set(payload, header.byteLength)
      waiting.offset = payload.byteLength
    } else if (header !== undefined) {
      part = header
    } else {
      part = payload.subarray(waiting.offset, waiting.offset + most)
      waiting.offset += part.byteLength
      waiting.allowed = 0
    }
    waiting.header = undefined
    this.#progressAt = this.#init.now()
    this.#stream.send(part)
    this.#lastBuffered = this.#stream.writeBufferLength
  }
}
