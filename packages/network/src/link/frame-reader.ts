import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { type FrameSink, FrameDecoder, type WireFault } from '@p2pshare/wire'
import { tapStream } from '../muxer/stream-tap.ts'
import { spendBytes } from '../records/spent-buffers.ts'
import { HELD_BYTES } from './link-limits.ts'

/** Who gets what a {@link FrameReader} finds. */
export interface StreamSink extends FrameSink {
  /** Bytes came in, of whatever kind. */
  onBytes(): void
  onFault(fault: WireFault): void
  /** Nothing more will come; called once. What is held back can still be released. */
  onEnd(error: Error | undefined): void
  /** The sink itself threw: a bug of ours. */
  onCrash(error: unknown): void
}

/**
 * Feeds one libp2p stream to a frame decoder by event listeners: `for await` over a stream has no
 * back-pressure. Holds back everything after the hello until {@link release}; the stream is paused
 * when much is held, and the peer's window does the rest.
 */
export class FrameReader {
  readonly stream: Stream
  readonly #decoder = new FrameDecoder()
  #sink: StreamSink | undefined
  #resuming = false
  #ended = false
  /** What the decoder sees: the current sink, with the hold after hello. */
  readonly #frames: FrameSink = {
    onMessage: (message) => {
      if (message.type === 'hello') this.#decoder.hold()
      this.#sink?.onMessage(message)
    },
    onPayload: (data, part, offset) => this.#sink?.onPayload(data, part, offset)
  }

  /** Attach in the tick that gave the stream, or what arrived before is lost. */
  constructor(stream: Stream, sink: StreamSink) {
    this.stream = stream
    this.#sink = sink
    stream.addEventListener('message', this.#onMessage)
    tapStream(stream, this.#onTapped)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteClose)
    stream.addEventListener('end', this.#onRemoteClose)
    stream.addEventListener('close', this.#onClose)
    if (stream.readableEnded) queueMicrotask(this.#onRemoteClose)
  }

  /** Whether the other side has ended the stream. */
  get ended(): boolean {
    return this.#ended
  }

  /** Names another sink from now on. */
  handOver(sink: StreamSink): void {
    this.#sink = sink
  }

  /** Reads and drops everything from now on, so that a closing stream never fills up. */
  discard(): void {
    this.#sink = undefined
    this.#decoder.release(this.#frames)
    this.#resume()
  }

  /** Stops delivery after the current message or part of a payload, until {@link release}. */
  hold(): void {
    this.#decoder.hold()
  }

  /** Delivers what was held back, and goes on. */
  release(): void {
    this.#guarded(() => {
      const fault = this.#decoder.release(this.#frames)
      if (fault !== undefined) this.#sink?.onFault(fault)
    })
    this.#resume()
  }

  #resume(): void {
    // What waits in the stream would all come at once, and be held without bound.
    if (this.stream.readStatus !== 'paused' || this.#decoder.heldBytes > HELD_BYTES) return
    // A pause inside the dispatch that resume() makes would be undone by the rest of resume().
    this.#resuming = true
    this.#guarded(() => this.stream.resume())
    this.#resuming = false
    this.#pauseWhenFull()
  }

  #pauseWhenFull(): void {
    if (this.#resuming || this.#sink === undefined || this.#decoder.heldBytes <= HELD_BYTES) return
    if (this.stream.readStatus === 'readable') this.stream.pause()
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    if (this.#sink === undefined) return
    this.#guarded(() => {
      this.#sink?.onBytes()
      const { data } = event
      if (data instanceof Uint8Array) this.#feed(data)
      else for (const part of data) this.#feed(part)
      this.#pauseWhenFull()
    })
  }

  readonly #onTapped = (bytes: Uint8Array): void => {
    if (this.#sink === undefined) return
    this.#guarded(() => {
      this.#sink?.onBytes()
      this.#feed(bytes)
      this.#pauseWhenFull()
    })
  }

  #feed(chunk: Uint8Array): void {
    const sink = this.#sink
    if (sink === undefined) return
    const fault = this.#decoder.push(chunk, this.#frames)
    // Payloads are copied to where they belong, and what a data frame says beside them is numbers.
    if (this.#decoder.hello?.stream === 'data' && this.#decoder.heldBytes === 0) {
      spendBytes(chunk.buffer, chunk.byteLength)
    }
    if (fault !== undefined) this.#sink?.onFault(fault)
  }

  readonly #onRemoteClose = (): void => this.#end(undefined)
  readonly #onClose = (event: { error?: Error }): void => this.#end(event.error)

  #end(error: Error | undefined): void {
    if (this.#ended) return
    this.#ended = true
    this.#guarded(() => this.#sink?.onEnd(error))
  }

  /** No exception may leave an event listener: it would end the process. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#sink?.onCrash(error)
    }
  }
}
