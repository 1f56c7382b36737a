import type { Logger, MultiaddrConnection, Stream } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { CircuitLimit } from './circuit-limit.ts'

/** What a relayed connection is made of. */
export interface CircuitConnectionInit {
  /** The stream to the relay, after its last message of the protocol. */
  stream: Stream
  remoteAddr: Multiaddr
  limit: CircuitLimit
  log: Logger
}

type SentData = Parameters<AbstractMultiaddrConnection['sendData']>[0]

/**
 * A stream to a relay as a connection to the peer behind it. It holds nothing by itself: what is not read waits in
 * the stream, and its window stops the relay.
 */
class CircuitConnection extends AbstractMultiaddrConnection {
  readonly #stream: Stream
  readonly #limit: CircuitLimit

  constructor({ stream, remoteAddr, limit, log }: CircuitConnectionInit) {
    super({ remoteAddr, log, direction: stream.direction })
    this.#stream = stream
    this.#limit = limit
    stream.addEventListener('close', (event) => this.onTransportClosed(event.error))
    stream.addEventListener('remoteCloseWrite', () => {
      this.onRemoteCloseWrite()
      this.close().catch((error: Error) => this.abort(error))
    })
    stream.addEventListener('message', ({ data }) => {
      limit.count(data.byteLength)
      this.onData(data)
    })
    stream.addEventListener('drain', () => this.safeDispatchEvent('drain'))
  }

  sendData(data: SentData): { sentBytes: number; canSendMore: boolean } {
    this.#limit.count(data.byteLength)
    return { sentBytes: data.byteLength, canSendMore: this.#stream.send(data) }
  }

  async sendClose(options?: { signal?: AbortSignal }): Promise<void> {
    await this.#stream.close(options)
  }

  sendReset(error: Error): void {
    this.#stream.abort(error)
  }

  sendPause(): void {
    this.#stream.pause()
  }

  sendResume(): void {
    this.#stream.resume()
  }
}

/** Makes a connection of a stream; call it in the tick that gave the relay's last message. */
export function circuitConnection(init: CircuitConnectionInit): MultiaddrConnection {
  return new CircuitConnection(init)
}
