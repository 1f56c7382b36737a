import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { AbstractMultiaddrConnection, type SendResult } from '@libp2p/utils'
import { type DirectLane, offerLane } from '../muxer/direct-lane.ts'
import { readFixed } from '../records/fixed-reads.ts'
import { ReadBatch } from './read-batch.ts'
import type { TakenSocket } from './taken-socket.ts'
import { TlsWriter } from './tls-writer.ts'

/** Bytes in several pieces, as libp2p has them. */
type ByteList = Parameters<AbstractMultiaddrConnection['sendData']>[0]

/** The encrypted connection over a TLS socket whose handshake is over. */
export class TlsConnection extends AbstractMultiaddrConnection implements DirectLane {
  readonly #socket: TLSSocket
  readonly #below: TakenSocket['connection']
  readonly #writer: TlsWriter
  #more = true
  #taker: ((content: Uint8Array) => void) | undefined

  constructor(socket: TLSSocket, taken: TakenSocket) {
    const { connection } = taken
    super({
      log: connection.log.newScope('tls'),
      direction: connection.direction,
      remoteAddr: connection.remoteAddr,
      maxReadBufferLength: connection.maxReadBufferLength
    })
    this.#socket = socket
    this.#below = connection
    this.#writer = new TlsWriter(socket, () => {
      this.#more = true
      this.safeDispatchEvent('drain')
    })
    taken.closeBy((options) => this.close(options))
    offerLane(this, this)
    this.#listen()
  }

  #listen(): void {
    const socket = this.#socket
    const reads = new ReadBatch((bytes) => this.#onContent(bytes))
    socket.on('error', (error) => this.abort(error))
    const ended = (): void => {
      reads.flush()
      this.onTransportClosed()
    }
    socket.once('end', ended)
    socket.once('close', ended)
    this.#below.addEventListener('close', ({ error }) => {
      socket.destroy()
      if (error === undefined) ended()
      else this.abort(error)
    })
    this.#read(reads)
    if (socket.destroyed) ended()
  }

  #read(reads: ReadBatch): void {
    const socket = this.#socket
    const take = (read: Uint8Array): void => reads.take(read)
    // What came with the end of the handshake.
    for (let read = socket.read() as Buffer | null; read !== null; read = socket.read() as Buffer | null)
      take(read)
    if (!readFixed(socket, take)) socket.on('data', take)
    socket.resume()
  }

  deliverTo(take: (content: Uint8Array) => void): void {
    this.#taker = take
  }

  #onContent(content: Uint8Array): void {
    const free = this.readBufferLength === 0 && this.readStatus === 'readable'
    if (free && this.#taker !== undefined) this.#taker(content)
    else this.onData(content)
  }

  tryWrite(content: Iterable<Uint8Array>): boolean | undefined {
    if (this.writeBufferLength > 0 || this.writeStatus !== 'writable') return undefined
    const parts = [...content]
    const size = parts.reduce((sum, part) => sum + part.byteLength, 0)
    this.#more = this.#writer.write(parts, size)
    return this.#more
  }

  /** Everything is taken at once: nothing of the caller's waits here (see {@link TlsWriter}). */
  sendData(data: ByteList): SendResult {
    this.#more = this.#writer.write(data, data.byteLength)
    return { sentBytes: data.byteLength, canSendMore: true }
  }

  override send(data: Uint8Array | ByteList): boolean {
    return super.send(data) && this.#more
  }

  async sendClose(options?: { signal?: AbortSignal }): Promise<void> {
    if (this.#socket.destroyed) return
    this.#socket.destroySoon()
    await once(this.#socket, 'close', options?.signal === undefined ? {} : { signal: options.signal })
  }

  sendReset(error: Error): void {
    this.#socket.destroy()
    this.#below.abort(error)
  }

  sendPause(): void {
    this.#socket.pause()
  }

  sendResume(): void {
    this.#socket.resume()
  }
}
