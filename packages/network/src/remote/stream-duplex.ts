import { Duplex } from 'node:stream'
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import { REMOTE } from '../limits/index.ts'

/** Bytes that wait on our side of a stream, each way. */
const WAITING = 64 * 1024

/**
 * A libp2p stream as Node's HTTP takes it for a socket, with back-pressure both ways: what is not read waits in the
 * stream, whose window stops the other side, and a write ends when the stream takes more.
 *
 * Make it in the tick that gave the stream, or what arrived before is lost. Destroying it resets the stream, unless
 * both sides have ended it: so the other side learns that somebody left.
 */
export class StreamDuplex extends Duplex {
  readonly #stream: Stream
  #resuming = false
  #full = false
  /** The other side writes no more, and all is here or waits in the stream. */
  #ended = false
  /** Our reader was told so. */
  #told = false
  /** Called when the stream takes more, or is gone. */
  #onDrain: ((error?: Error) => void) | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(stream: Stream) {
    super({ readableHighWaterMark: WAITING, writableHighWaterMark: WAITING })
    this.#stream = stream
    // Without a listener an error, such as a reset by the other side, would end the process.
    this.on('error', () => undefined)
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('drain', () => this.#drained())
    stream.addEventListener('end', this.#onEnd)
    stream.addEventListener('close', ({ error }) => {
      clearTimeout(this.#idle)
      this.#drained(error ?? gone())
      if (error !== undefined) this.destroy(error)
    })
    if (stream.readableEnded) this.#onEnd()
    // The other side may have been quicker.
    if (stream.status === 'reset' || stream.status === 'aborted') this.destroy(gone())
  }

  override _read(): void {
    this.#full = false
    if (this.#stream.readStatus !== 'paused') return
    // A pause inside the dispatch that resume() makes would be undone by the rest of resume().
    this.#resuming = true
    this.#stream.resume()
    this.#resuming = false
    this.#pauseWhenFull()
    if (this.#ended) this.#tellEnd()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#sign()
    try {
      if (this.#stream.send(chunk)) done()
      else this.#onDrain = done
    } catch (error) {
      done(error as Error)
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    void this.#endWriting(done)
  }

  async #endWriting(done: (error?: Error | null) => void): Promise<void> {
    let failure: Error | undefined
    try {
      if (this.#stream.status === 'open')
        await this.#stream.close({ signal: AbortSignal.timeout(REMOTE.linger) })
    } catch (error) {
      failure = error as Error
    }
    done(failure)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle)
    if (this.#stream.status === 'open' || this.#stream.status === 'closing')
      this.#stream.abort(error ?? gone())
    done(error)
  }

  /** As of a socket: what was written still leaves; the other side has a moment to take it. */
  destroySoon(): void {
    if (this.writableFinished) return this.#linger()
    this.once('finish', () => this.#linger())
    this.end()
  }

  /** As of a socket: `timeout` is emitted after so many ms without a byte in or out; 0 turns it off. */
  setTimeout(delay: number, run?: () => void): this {
    clearTimeout(this.#idle)
    this.#idle = delay > 0 ? setTimeout(() => this.emit('timeout'), delay) : undefined
    if (run !== undefined) this.once('timeout', run)
    return this
  }

  /** No exception may leave an event listener: it would end the process. */
  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    this.#sign()
    if (this.destroyed || this.#told) return
    // A copy: what libp2p hands over is used again.
    this.#full = !this.push(Buffer.from(data.subarray()))
    this.#pauseWhenFull()
  }

  /**
   * What came together with the answer to the stream's opening is handed over a turn later, although the stream has
   * ended by then.
   */
  readonly #onEnd = (): void => {
    setTimeout(() => {
      this.#ended = true
      // What waits there comes first: see _read().
      if (this.#stream.readStatus !== 'paused') this.#tellEnd()
    }, 0)
  }

  #tellEnd(): void {
    if (this.#told || this.destroyed) return
    this.#told = true
    this.push(null)
  }

  #pauseWhenFull(): void {
    if (this.#full && !this.#resuming && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  #drained(error?: Error): void {
    const done = this.#onDrain
    this.#onDrain = undefined
    done?.(error)
  }

  /** A sign of life. */
  #sign(): void {
    this.#idle?.refresh()
  }

  #linger(): void {
    const timer = setTimeout(() => this.destroy(), REMOTE.linger)
    this.once('close', () => clearTimeout(timer))
    // Nobody reads any more, and the end of the other side is not seen unless what comes before it is taken.
    this.resume()
  }
}

function gone(): ShareError {
  return new ShareError({
    code: 'network.stream-ended',
    fault: 'network',
    message: 'the stream of the call has ended',
    hint: 'Nothing to do.'
  })
}
