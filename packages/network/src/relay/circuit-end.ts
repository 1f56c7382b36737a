import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { type Clock, type Millis, ShareError } from '@p2pshare/base'
import { RELAY } from '../limits/index.ts'
import type { OpenStream } from '../muxer/lean-stream.ts'
import { muxerChanged } from '../muxer/muxer-changed.ts'
import { HeldBytes } from './held-bytes.ts'

/** Who is told what happens on a {@link CircuitEnd}. */
export interface EndEvents {
  /** Bytes came in, or the other side has ended its half. */
  onInput(): void
  /** What waited in the stream has left. */
  onDrain(): void
  /** The stream is gone, in order or not. */
  onGone(error: Error | undefined): void
}

/**
 * One stream of a relayed connection. Bytes that come in are held here, never more than one window: the peer may send
 * more only when all that it sent was taken, so a slow reader at the other end slows the sender down.
 */
export class CircuitEnd {
  readonly stream: Stream
  readonly held: HeldBytes = new HeldBytes()
  readonly #grow: () => void
  #events: EndEvents | undefined
  #ended = false
  #gone = false
  #error: Error | undefined

  /**
   * Attach in the tick that gave the stream.
   * @throws ShareError `network.muxer-changed`
   */
  constructor(stream: Stream) {
    this.stream = stream
    this.#grow = boundWindow(stream, () => this.held.length === 0)
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('remoteCloseWrite', this.#onEnd)
    stream.addEventListener('end', this.#onEnd)
    stream.addEventListener('drain', this.#onDrain)
    stream.addEventListener('close', this.#onClose)
    if (stream.readableEnded) this.#ended = true
    if (stream.status !== 'open') this.#gone = true
  }

  /** Whether the other side sends no more; what is held may still be taken. */
  get ended(): boolean {
    return this.#ended
  }

  get gone(): boolean {
    return this.#gone
  }

  /** Whether a send would go on its way instead of waiting in the stream. */
  get canSend(): boolean {
    const { stream } = this
    return stream.writeStatus === 'writable' && stream.writeBufferLength === 0 && !stream.writableNeedsDrain
  }

  /** Names who is told from now on. */
  listen(events: EndEvents | undefined): void {
    this.#events = events
  }

  /** All that was held has been taken: the other side may send more. */
  grow(): void {
    if (!this.#gone) this.#grow()
  }

  abort(why: string): void {
    this.held.clear()
    this.stream.abort(circuitEnded(why))
  }

  /**
   * One message with its length before it.
   * @throws ShareError `network.circuit-ended`: malformed, too long, too late, or the stream ended
   */
  readMessage(clock: Clock, timeout: Millis): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.#takeMessage()
        if (found instanceof Uint8Array) settle(() => resolve(found))
        else if (found === 'malformed') settle(() => reject(malformedMessage()))
        else if (this.#ended || this.#gone) settle(() => reject(circuitEnded('it ended too early')))
      }
      const settle = (how: () => void): void => {
        cancel()
        this.#events = undefined
        this.#input = NOTHING
        this.grow()
        how()
      }
      const cancel = clock.after(timeout, () => settle(() => reject(circuitEnded('no message in time'))))
      this.#events = { onInput: look, onDrain: () => undefined, onGone: look }
      look()
    })
  }

  /** Bytes of a message that is not whole yet. */
  #input: Uint8Array = NOTHING

  #takeMessage(): Uint8Array | 'malformed' | 'more' {
    while (this.held.length > 0) {
      const length = lengthOf(this.#input)
      if (length === 'malformed') return 'malformed'
      const wanted = length === 'more' ? 1 : length.start + length.size - this.#input.byteLength
      if (wanted <= 0) break
      const part = this.held.take(wanted)
      const joined = new Uint8Array(this.#input.byteLength + part.byteLength)
      joined.set(this.#input)
      joined.set(part, this.#input.byteLength)
      this.#input = joined
    }
    const length = lengthOf(this.#input)
    if (typeof length === 'string') return length
    return this.#input.byteLength < length.start + length.size ? 'more' : this.#input.subarray(length.start)
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    const { data } = event
    if (data instanceof Uint8Array) this.held.push(data)
    else for (const part of data) this.held.push(part)
    // What an honest peer cannot do: it would have had to use a window that was wider before we had the stream.
    if (this.held.length > RELAY.window) this.abort('more bytes than the window allows')
    else this.#events?.onInput()
  }

  readonly #onEnd = (): void => {
    if (this.#ended) return
    this.#ended = true
    this.#events?.onInput()
  }

  // The stream empties its own buffer in a microtask queued before ours.
  readonly #onDrain = (): void => queueMicrotask(() => this.#events?.onDrain())

  readonly #onClose = (event: { error?: Error }): void => {
    if (this.#gone) return
    this.#gone = this.#ended = true
    this.#error = event.error
    this.#events?.onGone(this.#error)
  }
}

const NOTHING = new Uint8Array(0)

/** Reads the length before a message; at most {@link RELAY.maxMessage}. */
function lengthOf(bytes: Uint8Array): { start: number; size: number } | 'more' | 'malformed' {
  let size = 0
  for (let i = 0; i < 2; i++) {
    const byte = bytes[i]
    if (byte === undefined) return 'more'
    size += (byte & 0x7f) << (7 * i)
    if (byte < 0x80) return size > RELAY.maxMessage ? 'malformed' : { start: i + 1, size }
  }
  return 'malformed'
}

/**
 * Keeps a stream's window at {@link RELAY.window} and lets it be filled again only while `mayGrow`.
 * @returns tells the peer of the room there is
 */
function boundWindow(stream: Stream, mayGrow: () => boolean): () => void {
  const open = stream as OpenStream & { maxStreamWindowSize: number }
  if (typeof open.sendWindowUpdate !== 'function' || !Number.isFinite(open.maxStreamWindowSize))
    throw muxerChanged()
  open.maxStreamWindowSize = RELAY.window
  const update = open.sendWindowUpdate.bind(open)
  open.sendWindowUpdate = () => {
    if (mayGrow()) update()
  }
  return () => open.sendWindowUpdate()
}

/** Bytes that are no message of the protocol. */
function malformedMessage(): ShareError {
  return new ShareError({
    code: 'network.bad-relay-message',
    fault: 'peer',
    message: 'A message to the relay was not taken: it is malformed or too long.'
  })
}

/** Why a stream of a relayed connection was reset, or came to nothing. */
export function circuitEnded(why: string): ShareError {
  return new ShareError({
    code: 'network.circuit-ended',
    fault: 'network',
    message: `A relayed connection ended: ${why}.`,
    hint: 'Nothing to do: the peers try again, or find a direct way.'
  })
}
