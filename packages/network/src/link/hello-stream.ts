import type { Stream } from '@libp2p/interface'
import type { CancelTimer, Clock, Millis } from '@p2pshare/base'
import { type CloseCode, encodeFrame, type HelloMessage, type SwarmMessage } from '@p2pshare/wire'
import { FrameReader, type StreamSink } from './frame-reader.ts'
import { resetStream } from './stream-closing.ts'

/** Why a stream never became part of a link. */
export interface HelloFailure {
  /** What the other side said, if it said goodbye. */
  code: CloseCode | undefined
  text: string
}

/** Who waits for a hello. */
export interface HelloEvents {
  onHello(hello: HelloMessage): void
  /** The stream ended, broke a rule, or said nothing in time; called at most once, the stream is then reset. */
  onFailure(failure: HelloFailure): void
}

/** One stream until its hello is there and somebody takes it over; at most `timeout` long. */
export class HelloStream {
  readonly reader: FrameReader
  readonly #events: HelloEvents
  readonly #cancelTimer: CancelTimer
  #settled = false
  #goodbye: HelloFailure | undefined

  /** Create it in the tick that gave the stream. */
  constructor(stream: Stream, clock: Clock, timeout: Millis, events: HelloEvents) {
    this.#events = events
    this.#cancelTimer = clock.after(timeout, () => this.fail('no hello in time'))
    this.reader = new FrameReader(stream, this.#sink)
  }

  /** Sends our hello. */
  greet(hello: HelloMessage): void {
    this.#write(encodeFrame(hello))
  }

  /** Whoever calls this answers for the stream from now on. */
  settle(): void {
    this.#settled = true
    this.#cancelTimer()
  }

  /** Gives the stream up. */
  fail(text: string): void {
    if (this.#settled) return
    this.settle()
    const failure = this.#goodbye ?? { code: undefined, text }
    resetStream(this.reader.stream, failure.text)
    this.#events.onFailure(failure)
  }

  #write(frame: Uint8Array): void {
    try {
      this.reader.stream.send(frame)
    } catch {
      this.fail('the stream was closed')
    }
  }

  readonly #sink: StreamSink = {
    onMessage: (message: SwarmMessage) => {
      if (this.#settled) return
      if (message.type === 'hello') this.#events.onHello(message)
      else if (message.type === 'goodbye') this.#goodbye = { code: message.code, text: message.text }
    },
    onPayload: () => {},
    onBytes: () => {},
    onFault: (fault) => this.fail(fault.text),
    onEnd: (error) => {
      if (this.#settled) return
      // A refusal is a goodbye behind the hello, still held back.
      this.reader.release()
      this.fail(error?.message ?? 'the other side ended the stream')
    },
    onCrash: (error) => this.fail(String(error))
  }
}
