import type { Connection, Stream } from '@libp2p/interface'
import { encodeFrame, type HelloMessage } from '@p2pshare/wire'
import { HelloStream } from './hello-stream.ts'
import type { OpenedStreams } from './opening-handshake.ts'
import { closeStream } from './stream-closing.ts'
import type { LinkLimits, SwarmLinksInit } from './swarm-host.ts'

/** Decides about inbound links. */
export interface InboundEvents {
  /** A control stream said hello: may its sender open a link now? */
  admits(connection: Connection): boolean
  /** Both streams are there and answered. */
  onPaired(connection: Connection, streams: OpenedStreams): void
}

/** Streams of one link that have arrived so far. */
interface Half {
  connection: Connection
  control?: { stream: HelloStream; hello: HelloMessage }
  data?: { stream: HelloStream; hello: HelloMessage }
}

/** Brings together the two inbound streams of each link; unpaired ones are reset after 3 s. */
export class InboundPairing {
  readonly #init: Pick<SwarmLinksInit, 'agent' | 'clock'>
  readonly #limits: LinkLimits
  readonly #events: InboundEvents
  readonly #halves = new Map<string, Half>()
  readonly #streams = new Set<HelloStream>()

  constructor(init: Pick<SwarmLinksInit, 'agent' | 'clock'>, limits: LinkLimits, events: InboundEvents) {
    this.#init = init
    this.#limits = limits
    this.#events = events
  }

  /** Takes a stream that a peer opened. */
  readonly accept = (stream: Stream, connection: Connection): void => {
    let key: string | undefined
    const waiting: HelloStream = new HelloStream(stream, this.#init.clock, this.#limits.handshakeTimeout, {
      onHello: (hello) => {
        key = `${connection.id} ${hello.session}`
        this.#onHello(key, connection, waiting, hello)
      },
      onFailure: () => {
        this.#streams.delete(waiting)
        if (key !== undefined) this.#drop(key, waiting)
      }
    })
    this.#streams.add(waiting)
  }

  /** Whether a link of this peer is half there. */
  awaits(peer: string): boolean {
    for (const half of this.#halves.values()) {
      if (half.control !== undefined && half.connection.remotePeer.toString() === peer) return true
    }
    return false
  }

  /** Resets what is not a link yet. */
  stop(): void {
    for (const stream of [...this.#streams]) stream.fail('shutting down')
  }

  #onHello(key: string, connection: Connection, stream: HelloStream, hello: HelloMessage): void {
    const half = this.#halves.get(key) ?? { connection }
    if (half[hello.stream] !== undefined) return stream.fail(`a second ${hello.stream} stream`)
    if (hello.stream === 'control' && !this.#events.admits(connection)) return this.#refuse(stream, hello)
    half[hello.stream] = { stream, hello }
    this.#halves.set(key, half)
    const { control, data } = half
    if (control === undefined || data === undefined) return
    this.#halves.delete(key)
    for (const { stream, hello } of [control, data]) stream.greet(this.#answer(hello))
    for (const { stream } of [control, data]) {
      stream.settle()
      this.#streams.delete(stream)
    }
    const streams = { control: control.stream.reader, data: data.stream.reader, hello: control.hello }
    this.#events.onPaired(connection, streams)
  }

  #answer(hello: HelloMessage): HelloMessage {
    return { ...hello, agent: this.#init.agent, maxRequests: this.#limits.maxRequests }
  }

  /** There is a link already: says so and ends the stream; its data stream then finds nobody. */
  #refuse(stream: HelloStream, hello: HelloMessage): void {
    stream.greet(this.#answer(hello))
    stream.settle()
    this.#streams.delete(stream)
    const { reader } = stream
    try {
      reader.stream.send(encodeFrame({ type: 'goodbye', code: 'duplicate', text: '' }))
    } catch {
      // Ended meanwhile: it needs no answer.
    }
    reader.discard()
    void closeStream(reader.stream, this.#init.clock, this.#limits.closeTimeout)
  }

  /** One stream of a pair failed: the other one is of no use. */
  #drop(key: string, failed: HelloStream): void {
    const half = this.#halves.get(key)
    if (half === undefined) return
    this.#halves.delete(key)
    for (const part of [half.control, half.data]) {
      if (part !== undefined && part.stream !== failed) part.stream.fail('the other stream failed')
    }
  }
}
