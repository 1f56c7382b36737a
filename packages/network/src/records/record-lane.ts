import type { Socket } from 'node:net'
import type { MessageStream } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import { type DirectLane, offerLane } from '../muxer/direct-lane.ts'
import { readFixed } from './fixed-reads.ts'
import type { RecordReader, TakeContent } from './record-reader.ts'
import { RecordSocket, type SealRecord, sealRecords } from './record-writer.ts'

/** What a stream of libp2p's is at run time; some members are private to the types only. */
export interface OpenStream extends MessageStream {
  readStatus: string
  writeStatus: string
  writableNeedsDrain: boolean
  onData(content: Uint8Array): void
}

/** The lane of noise's records on a socket. */
export class RecordLane implements DirectLane {
  readonly #secured: OpenStream
  readonly #below: OpenStream
  readonly #reader: RecordReader
  readonly #seal: SealRecord
  readonly #socket: RecordSocket
  #taker: TakeContent | undefined

  /**
   * @param secured - the encrypted stream
   * @param below - the connection that it runs on, whose reads come here from now on
   * @throws ShareError `network.tcp-changed` when somebody else than the connection reads from the socket
   */
  constructor(
    secured: OpenStream,
    below: OpenStream,
    socket: Socket,
    { reader, seal }: { reader: RecordReader; seal: SealRecord }
  ) {
    this.#secured = secured
    this.#below = below
    this.#reader = reader
    this.#seal = seal
    this.#socket = new RecordSocket(socket)
    const [listener, ...others] = socket.listeners('data')
    if (listener === undefined || others.length > 0) throw tcpChanged()
    if (!readFixed(socket, this.#onRead)) {
      socket.on('data', this.#onRead)
      socket.removeListener('data', listener as (read: Uint8Array) => void)
    }
    offerLane(secured, this)
  }

  deliverTo(take: TakeContent): void {
    this.#taker = take
  }

  readonly #onRead = (read: Uint8Array): void => {
    const below = this.#below
    // A copy, as it may wait there and the read's memory is used again.
    if (below.readBufferLength > 0 || below.readStatus !== 'readable') return below.onData(read.slice())
    try {
      this.#reader.read(read, this.#onContent)
    } catch (error) {
      this.#secured.abort(error as Error)
    }
  }

  readonly #onContent = (content: Uint8Array): void => {
    const secured = this.#secured
    const free = secured.readBufferLength === 0 && secured.readStatus === 'readable'
    if (free && this.#taker !== undefined) this.#taker(content)
    else secured.onData(content)
  }

  tryWrite(content: Iterable<Uint8Array>): boolean | undefined {
    const secured = this.#secured
    const free = secured.writeBufferLength === 0 && !secured.writableNeedsDrain
    if (!free || secured.writeStatus !== 'writable' || !this.#belowIsFree()) return undefined
    const more = this.#write(content)
    if (!more) secured.writableNeedsDrain = true
    return more
  }

  /** Seals and writes, behind what waits in the connection below. */
  write(content: Iterable<Uint8Array>): boolean {
    if (this.#belowIsFree()) return this.#write(content)
    let more = true
    for (const part of sealRecords(content, this.#seal)) more = this.#below.send(part)
    return more
  }

  #belowIsFree(): boolean {
    const below = this.#below
    return below.writeBufferLength === 0 && !below.writableNeedsDrain && below.writeStatus === 'writable'
  }

  #write(content: Iterable<Uint8Array>): boolean {
    const more = this.#socket.write(sealRecords(content, this.#seal))
    if (!more) this.#below.writableNeedsDrain = true
    return more
  }
}

function tcpChanged(): ShareError {
  return new ShareError({
    code: 'network.tcp-changed',
    fault: 'bug',
    message: 'this version of @libp2p/tcp reads from its sockets in another way than we know',
    hint: 'Install the version that package-lock.json names.'
  })
}
