import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import { concat } from 'uint8arrays/concat'
import { DHT_MESSAGE } from '../limits/index.ts'
import { narrowWindow } from '../muxer/narrow-window.ts'
import { varint } from './protobuf.ts'
import type { ReadBudget } from './read-budget.ts'
import { UnreadBytes } from './unread-bytes.ts'

/** Bytes of a length prefix: enough for {@link DHT_MESSAGE.maxSize}, and a hostile one costs no more patience. */
const MAX_PREFIX = 3

/**
 * Length-prefixed DHT messages of one inbound stream, with back-pressure: when more than
 * {@link DHT_MESSAGE.maxUnread} bytes wait here the stream is paused, and the other side's window does the rest.
 * So a sender that has much to say is slowed down, and loses nothing.
 */
export class MessageStream {
  readonly #stream: Stream
  readonly #peer: string
  readonly #budget: ReadBudget
  /** What this stream has of the budget. */
  #counted = 0
  readonly #unread = new UnreadBytes()
  /** Bytes with which going on makes sense. */
  #needed = 1
  #ended = false
  #error: Error | undefined
  #resuming = false
  #wake: (() => void) | undefined

  /**
   * Attach in the tick that gave the stream, or what arrived before is lost.
   * @param peer - who is at the other end
   */
  constructor(stream: Stream, peer: string, budget: ReadBudget) {
    this.#stream = stream
    this.#peer = peer
    this.#budget = budget
    // Requests are small.
    narrowWindow(stream, DHT_MESSAGE.window)
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('drain', this.#ring)
    stream.addEventListener('remoteCloseWrite', this.#onEnd)
    stream.addEventListener('end', this.#onEnd)
    stream.addEventListener('close', (event: { error?: Error }) => {
      this.#error = event.error
      this.#onEnd()
      this.#release()
    })
    if (stream.readableEnded) this.#onEnd()
  }

  /**
   * The next message, a copy; undefined when the other side has ended the stream.
   * @throws ShareError `network.bad-dht-message` for a wrong length, `network.silent-dht-peer` after
   * {@link DHT_MESSAGE.idleTimeout}, or what reset the stream
   */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#take()
      if (message !== undefined) return message
      this.#resume()
      // What resume() delivered may hold it.
      if (this.#unread.size >= this.#needed) continue
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return undefined
      await this.#waitFor()
    }
  }

  /** Sends one message, and waits until the stream takes more; throws as {@link next} does. */
  async send(message: Uint8Array): Promise<void> {
    if (this.#stream.send(concat([varint(message.byteLength), message]))) return
    while (this.#stream.writableNeedsDrain) {
      if (this.#error !== undefined) throw this.#error
      if (this.#stream.status !== 'open') return
      await this.#waitFor()
    }
  }

  #take(): Uint8Array | undefined {
    if (this.#unread.size < this.#needed) return undefined
    const prefix = this.#prefix()
    const end = prefix === undefined ? this.#unread.size + 1 : prefix.end + prefix.length
    if (prefix === undefined || this.#unread.size < end) {
      this.#needed = end
      return undefined
    }
    this.#needed = 1
    const message = this.#unread.take(end).subarray(prefix.end)
    this.#count()
    return message
  }

  #prefix(): { length: number; end: number } | undefined {
    let length = 0
    for (let at = 0; at < MAX_PREFIX; at++) {
      const byte = this.#unread.at(at)
      if (byte === undefined) return undefined
      length += (byte & 0x7f) << (7 * at)
      if (byte >= 0x80) continue
      if (length > DHT_MESSAGE.maxSize) break
      return { length, end: at + 1 }
    }
    throw new ShareError({
      code: 'network.bad-dht-message',
      fault: 'peer',
      message: 'A DHT message was not taken: it is too long.'
    })
  }

  async #waitFor(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#wake = () => resolve(true)
    const timer = setTimeout(resolve, DHT_MESSAGE.idleTimeout, false)
    const rang = await promise
    clearTimeout(timer)
    this.#wake = undefined
    if (rang) return
    throw new ShareError({
      code: 'network.silent-dht-peer',
      fault: 'peer',
      message: 'A DHT stream was silent for too long.'
    })
  }

  #resume(): void {
    if (this.#stream.readStatus !== 'paused' || this.#unread.size > DHT_MESSAGE.maxUnread) return
    // A pause inside the dispatch that resume() makes would be undone by the rest of resume().
    this.#resuming = true
    this.#stream.resume()
    this.#resuming = false
    this.#pauseWhenFull()
    this.#count()
  }

  #pauseWhenFull(): void {
    if (this.#resuming || this.#unread.size <= DHT_MESSAGE.maxUnread) return
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  /** Tells the budget what this stream holds; over it the stream ends. */
  #count(): void {
    if (this.#counted < 0) return
    const own = this.#unread.size + (this.#stream.readStatus === 'paused' ? DHT_MESSAGE.pausedCost : 0)
    const fits = this.#budget.count(this.#peer, own - this.#counted, own)
    this.#counted = own
    if (!fits) this.#stream.abort(tooMuch())
  }

  /** Gives everything back, and counts no more. */
  #release(): void {
    this.#budget.count(this.#peer, -Math.max(0, this.#counted), 0)
    this.#counted = -1
  }

  /** No exception may leave an event listener: it would end the process. */
  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    this.#unread.append(data.subarray())
    this.#pauseWhenFull()
    this.#count()
    if (this.#unread.size >= this.#needed) this.#ring()
  }

  readonly #ring = (): void => this.#wake?.()

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#ring()
  }
}

function tooMuch(): ShareError {
  return new ShareError({
    code: 'network.bad-dht-message',
    fault: 'peer',
    message: 'A DHT stream was closed: too much of it waits unread.'
  })
}
