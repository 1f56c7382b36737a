import { type Bytes, bytes, type Rng, ShareError } from '@p2pshare/base'
import type { LinkEnd, LinkHandler, Pace, PeerLink, PeerName } from '@p2pshare/ports'
import {
  type CloseCode,
  type DataMessage,
  encodeFrame,
  FrameDecoder,
  type SwarmMessage,
  type WireFault
} from '@p2pshare/wire'
import { MemoryPipe } from './memory-pipe.ts'

/** The four pipes of one side. */
export interface LinkPipes {
  controlOut: MemoryPipe
  dataOut: MemoryPipe
  controlIn: MemoryPipe
  dataIn: MemoryPipe
}

/** What a {@link MemoryLink} is made of. */
export interface MemoryLinkInit {
  peer: PeerName
  inbound: boolean
  agent: string
  maxRequests: number
  /** Whether the link counts as one within a LAN; true when missing. */
  lan?: boolean
  pipes: LinkPipes
  onEnded?(link: MemoryLink): void
}

const MAX_QUEUED_CONTROL = 1024 * 1024
const SLICE = 64 * 1024

/** A peer link whose bytes go through memory: the real encoding, no sockets and no timers. */
export class MemoryLink implements PeerLink {
  readonly peer: PeerName
  readonly remoteAddress: string
  readonly inbound: boolean
  readonly relayed = false
  readonly lan: boolean
  readonly agent: string
  readonly maxRequests: number
  readonly #init: MemoryLinkInit
  readonly #decoders = { control: new FrameDecoder(), data: new FrameDecoder() }
  #handler: LinkHandler | undefined
  #target: Uint8Array | undefined
  #end: LinkEnd | undefined
  #announced = false
  #queued = 0
  #sending: Promise<void> = Promise.resolve()
  #closed = Promise.withResolvers<void>()

  constructor(init: MemoryLinkInit) {
    this.#init = init
    this.peer = init.peer
    this.remoteAddress = `/memory/${init.peer}/p2p/${init.peer}`
    this.inbound = init.inbound
    this.lan = init.lan ?? true
    this.agent = init.agent
    this.maxRequests = init.maxRequests
  }

  get queuedData(): Bytes {
    return bytes(this.#queued)
  }

  start(handler: LinkHandler): void {
    this.#handler = handler
    if (this.#end !== undefined) return this.#announce()
    this.#attach('control')
    this.#attach('data')
  }

  send(message: SwarmMessage): void {
    if (this.#end !== undefined) return
    const { controlOut } = this.#init.pipes
    controlOut.write(encodeFrame(message))
    if (controlOut.size > MAX_QUEUED_CONTROL) this.close('limit-exceeded', 'control messages wait unread')
  }

  sendData(id: number, payload: Uint8Array, pace?: Pace): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#linkClosed())
    this.#queued += payload.byteLength
    const sent = this.#sending.then(() => this.#transfer(id, payload, pace))
    this.#sending = sent.catch(() => {})
    return sent
  }

  close(code: CloseCode, text = ''): void {
    if (this.#end !== undefined) return
    this.#init.pipes.controlOut.write(encodeFrame({ type: 'goodbye', code, text }))
    this.#finish({ code, text, remote: false })
  }

  /** Dies without a goodbye, as when the process is killed: the other side sees the end only. */
  crash(): void {
    for (const pipe of Object.values(this.#init.pipes)) pipe.end(true)
    this.#finish({ code: 'internal', text: 'crashed', remote: false })
  }

  async #transfer(id: number, payload: Uint8Array, pace: Pace | undefined): Promise<void> {
    const { dataOut } = this.#init.pipes
    try {
      let frame: Uint8Array = encodeFrame({ type: 'data', id, length: bytes(payload.byteLength) })
      for (let at = 0; ; ) {
        await Promise.race([dataOut.room(), this.#closed.promise])
        if (this.#end !== undefined) throw this.#linkClosed()
        dataOut.write(frame)
        if (at >= payload.byteLength) break
        let size = Math.min(SLICE, pace?.slice ?? SLICE, payload.byteLength - at)
        const turn = pace?.take(size)
        if (turn !== undefined) size = (await Promise.race([turn, this.#closed.promise])) ?? size
        frame = payload.subarray(at, at + size)
        at += size
      }
      await Promise.race([dataOut.room(), this.#closed.promise])
    } finally {
      this.#queued -= payload.byteLength
    }
  }

  #linkClosed(): ShareError {
    return new ShareError({
      code: 'network.link-closed',
      fault: 'network',
      message: `the link to ${this.peer} is closed`,
      hint: 'Nothing to do: it is made again when it is needed.'
    })
  }

  /** Reads no more data until its turn has come. */
  #slowDown(turn: Promise<void> | undefined): void {
    if (turn === undefined) return
    const { dataIn } = this.#init.pipes
    this.#decoders.data.hold()
    dataIn.pause()
    void turn.then(() => {
      if (this.#end !== undefined) return
      dataIn.resume()
      const fault = this.#decoders.data.release(this.#sink)
      if (fault !== undefined) this.#onFault(fault)
    })
  }

  readonly #sink = {
    onMessage: (message: SwarmMessage): void => this.#onMessage(message),
    onPayload: (data: DataMessage, part: Uint8Array, offset: number): void =>
      this.#onPayload(data, part, offset)
  }

  #attach(kind: 'control' | 'data'): void {
    const decoder = this.#decoders[kind]
    const pipe = kind === 'control' ? this.#init.pipes.controlIn : this.#init.pipes.dataIn
    pipe.attach({
      onChunk: (chunk) => {
        if (this.#end !== undefined) return
        const fault = decoder.push(chunk, this.#sink)
        if (fault !== undefined) this.#onFault(fault)
      },
      // The data stream ends with the control stream, which says why.
      onEnd: () => {
        if (kind === 'control') this.#finish({ code: 'internal', text: 'connection lost', remote: true })
      }
    })
  }

  #onFault(fault: WireFault): void {
    this.close(fault.kind === 'frame-too-long' ? 'limit-exceeded' : 'protocol-error', fault.text)
  }

  #onMessage(message: SwarmMessage): void {
    if (this.#end !== undefined || message.type === 'hello') return
    if (message.type === 'goodbye') this.#finish({ code: message.code, text: message.text, remote: true })
    else if (message.type === 'ping') this.send({ type: 'pong', nonce: message.nonce })
    else if (message.type === 'data') this.#onHeader(message)
    else this.#handler?.onMessage(message)
  }

  #onHeader(data: DataMessage): void {
    this.#target = this.#handler?.targetFor(data)
    if (data.length === 0 && this.#target !== undefined) this.#handler?.onData(data)
  }

  #onPayload(data: DataMessage, part: Uint8Array, offset: number): void {
    if (this.#end !== undefined) return
    const target = this.#target
    target?.set(part, offset)
    this.#handler?.onDataProgress?.(data, bytes(offset + part.byteLength))
    this.#slowDown(this.#handler?.pace?.(data, bytes(part.byteLength)))
    if (target === undefined || offset + part.byteLength < data.length) return
    this.#target = undefined
    this.#handler?.onData(data)
  }

  #finish(end: LinkEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#closed.resolve()
    this.#init.pipes.controlOut.end()
    this.#init.pipes.dataOut.end()
    // What still comes is read and dropped, as a closing connection does.
    this.#init.pipes.dataIn.end(true)
    queueMicrotask(() => {
      this.#init.onEnded?.(this)
      this.#announce()
    })
  }

  #announce(): void {
    const { end, handler } = { end: this.#end, handler: this.#handler }
    if (this.#announced || end === undefined || handler === undefined) return
    this.#announced = true
    queueMicrotask(() => handler.onClose(end))
  }
}

/** What one side of a pair says about itself, and how its bytes are cut. */
export interface LinkPairOptions {
  /** Peer names of the opening and of the accepting side. */
  names?: readonly [PeerName, PeerName]
  /** Cuts the bytes at random places; whole writes without it. */
  rng?: Rng
  maxRequests?: number
  /** Whether both links count as ones within a LAN; true when missing. */
  lan?: boolean
  onEnded?(link: MemoryLink): void
}

/** Two connected links, not started: `near` opened, `far` accepted. */
export function linkPair(options: LinkPairOptions = {}): { near: MemoryLink; far: MemoryLink } {
  const { names = ['near', 'far'], rng, maxRequests = 64, lan = true, onEnded } = options
  const pipe = () => new MemoryPipe(rng)
  const out = { controlOut: pipe(), dataOut: pipe() }
  const back = { controlOut: pipe(), dataOut: pipe() }
  const side = (peer: PeerName, inbound: boolean, mine: typeof out, theirs: typeof out) => {
    const hello = { type: 'hello', session: 1n, agent: 'testkit', maxRequests } as const
    mine.controlOut.write(encodeFrame({ ...hello, stream: 'control' }))
    mine.dataOut.write(encodeFrame({ ...hello, stream: 'data' }))
    const pipes = { ...mine, controlIn: theirs.controlOut, dataIn: theirs.dataOut }
    return new MemoryLink({
      peer,
      inbound,
      agent: 'testkit',
      maxRequests,
      lan,
      pipes,
      ...(onEnded && { onEnded })
    })
  }
  return { near: side(names[1], false, out, back), far: side(names[0], true, back, out) }
}

/** A link whose other side is raw bytes, for hostile input; hellos are up to the caller. */
export function rawLink(): { link: MemoryLink; control: MemoryPipe; data: MemoryPipe } {
  const pipes = {
    controlOut: new MemoryPipe(),
    dataOut: new MemoryPipe(),
    controlIn: new MemoryPipe(),
    dataIn: new MemoryPipe()
  }
  const link = new MemoryLink({ peer: 'raw', inbound: true, agent: 'raw', maxRequests: 64, pipes })
  return { link, control: pipes.controlIn, data: pipes.dataIn }
}
