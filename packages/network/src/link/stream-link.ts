import type { Connection } from '@libp2p/interface'
import { type Bytes, type CancelTimer, type Clock, printable, ShareError } from '@p2pshare/base'
import type { LinkEnd, LinkHandler, Log, Pace, PeerLink, PeerName } from '@p2pshare/ports'
import {
  type CloseCode,
  type DataMessage,
  encodeFrame,
  type HelloMessage,
  type SwarmMessage,
  type WireFault
} from '@p2pshare/wire'
import type { WideWindows } from '../muxer/wide-windows.ts'
import { inScope, isRelayed } from '../node/address-scope.ts'
import { DataWriter } from './data-writer.ts'
import type { FrameReader, StreamSink } from './frame-reader.ts'
import { LinkWatch } from './link-watch.ts'
import { budgetText, isSpent, relayBudget } from './relay-budget.ts'
import { closeStream } from './stream-closing.ts'
import type { LinkLimits } from './swarm-host.ts'

/** Nonces of the link's own pings begin here; those of its user lie below. */
const OWN_NONCES = 2n ** 63n

/** What a link is made of, after both hellos. */
export interface StreamLinkInit {
  connection: Connection
  /** Whether the other side opened it. */
  inbound: boolean
  control: FrameReader
  data: FrameReader
  /** The other side's hello on the control stream. */
  hello: HelloMessage
  limits: LinkLimits
  clock: Clock
  log: Log
  windows: WideWindows
  /** An answer begins, in or out. */
  onTransfer?(): void
  /** Before the handler's `onClose`. */
  onEnded(link: StreamLink): void
}

/** A swarm link on two libp2p streams. Pings are answered here and never reach the handler. */
export class StreamLink implements PeerLink {
  readonly peer: PeerName
  readonly remoteAddress: string
  readonly inbound: boolean
  readonly relayed: boolean
  readonly lan: boolean
  readonly agent: string
  readonly maxRequests: number
  readonly #init: StreamLinkInit
  readonly #writer: DataWriter
  readonly #watch: LinkWatch
  readonly #gone = Promise.withResolvers<void>()
  #handler: LinkHandler | undefined
  #target: Uint8Array | undefined
  #end: LinkEnd | undefined
  #unnoticedEnd: (() => void) | undefined
  #announced = false
  #nonce = OWN_NONCES
  #cancelGrace: CancelTimer | undefined
  #cancelTime: CancelTimer | undefined

  constructor(init: StreamLinkInit) {
    this.#init = init
    this.peer = init.connection.remotePeer.toString()
    this.remoteAddress = init.connection.remoteAddr.toString()
    this.inbound = init.inbound
    this.relayed = isRelayed(init.connection.remoteAddr)
    this.lan = !this.relayed && inScope(init.connection.remoteAddr, 'lan')
    this.agent = printable(init.hello.agent, 256)
    this.maxRequests = init.hello.maxRequests
    this.#writer = new DataWriter(init.data.stream, {
      sliceSize: init.limits.sliceSize,
      now: () => init.clock.now(),
      onFailure: (error) => this.#lost(error)
    })
    this.#watch = new LinkWatch({
      clock: init.clock,
      limits: init.limits,
      waitingSince: () => this.#writer.waitingSince,
      ping: () => this.#ping(),
      onIdle: () => this.close('idle', `nothing heard for ${init.limits.idleTimeout / 1000} s`),
      onNoProgress: () =>
        this.close('no-progress', `took no data for ${init.limits.progressTimeout / 1000} s`)
    })
    init.control.handOver(this.#controlSink)
    init.data.handOver(this.#dataSink)
    init.windows.watch(init.data.stream)
    const time = relayBudget(init.connection)?.time
    if (time !== undefined) this.#cancelTime = init.clock.after(time, () => this.#closeSpent())
    // Ends that came between the hello and now.
    if (init.data.ended) this.#whenStarted(() => this.#onDataEnd(undefined))
    if (init.control.ended) this.#whenStarted(() => this.#onControlEnd(undefined))
  }

  /** Resolves when both streams are gone. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  get carries(): Bytes | undefined {
    return relayBudget(this.#init.connection)?.bytes
  }

  get queuedData(): Bytes {
    return this.#writer.queued
  }

  start(handler: LinkHandler): void {
    this.#handler = handler
    if (this.#end !== undefined) return this.#announceEnd(this.#end)
    this.#init.control.release()
    if (this.#end === undefined) this.#init.data.release()
    this.#unnoticedEnd?.()
  }

  send(message: SwarmMessage): void {
    if (this.#end !== undefined) return
    let frame: Uint8Array
    try {
      frame = encodeFrame(message)
    } catch (error) {
      return this.#onCrash(error)
    }
    try {
      const { stream } = this.#init.control
      stream.send(frame)
      const waiting = stream.writeBufferLength
      if (waiting > this.#init.limits.maxQueuedControl) {
        this.close('limit-exceeded', `${waiting} bytes of control messages wait unread`)
      }
    } catch (error) {
      this.#lost(error)
    }
  }

  sendData(id: number, payload: Uint8Array, pace?: Pace): Promise<void> {
    this.#init.onTransfer?.()
    const { carries } = this
    // The relay would cut the connection in the middle of it.
    if (carries !== undefined && payload.byteLength > carries - this.#writer.queued) this.#closeSpent()
    return this.#writer.send(id, payload, pace)
  }

  close(code: CloseCode, text = ''): void {
    if (this.#end !== undefined) return
    try {
      this.#init.control.stream.send(encodeFrame({ type: 'goodbye', code, text: printable(text, 250) }))
    } catch {
      // The stream is gone already: nobody to say goodbye to.
    }
    this.#finish({ code, text: printable(text, 250), remote: false })
  }

  /** Pings, and closes when nothing at all is heard in time: for a link in doubt. */
  probe(): void {
    if (this.#end !== undefined) return
    const asked = this.#init.clock.now()
    this.#ping()
    this.#init.clock.after(this.#init.limits.handshakeTimeout, () => {
      if (this.#watch.heardAt < asked) this.close('no-progress', 'no answer to a ping')
    })
  }

  #ping(): void {
    this.#nonce = OWN_NONCES | (this.#nonce + 1n)
    this.send({ type: 'ping', nonce: this.#nonce })
  }

  readonly #controlSink: StreamSink = {
    onMessage: (message) => this.#onControl(message),
    onPayload: () => {},
    onBytes: () => this.#watch.heard(),
    onFault: (fault) => this.#onFault(fault),
    onEnd: (error) => this.#whenStarted(() => this.#onControlEnd(error)),
    onCrash: (error) => this.#onCrash(error)
  }

  readonly #dataSink: StreamSink = {
    onMessage: (message) => {
      if (message.type === 'data') this.#onDataHeader(message)
    },
    onPayload: (data, part, offset) => this.#onPayload(data, part, offset),
    onBytes: () => this.#watch.heard(),
    onFault: (fault) => this.#onFault(fault),
    onEnd: (error) => this.#whenStarted(() => this.#onDataEnd(error)),
    onCrash: (error) => this.#onCrash(error)
  }

  /** Before the start, messages that came ahead of an end still wait; they go first. */
  #whenStarted(notice: () => void): void {
    if (this.#handler !== undefined) return notice()
    const before = this.#unnoticedEnd
    this.#unnoticedEnd = () => {
      before?.()
      notice()
    }
  }

  #onControl(message: SwarmMessage): void {
    if (this.#end !== undefined) return
    if (message.type === 'ping') this.send({ type: 'pong', nonce: message.nonce })
    else if (message.type === 'goodbye') {
      this.#finish({ code: message.code, text: printable(message.text, 256), remote: true })
    } else if (message.type !== 'pong' || message.nonce < OWN_NONCES) this.#handler?.onMessage(message)
  }

  #onDataHeader(data: DataMessage): void {
    if (this.#end !== undefined) return
    this.#init.onTransfer?.()
    this.#target = this.#handler?.targetFor(data)
    if (this.#target !== undefined && this.#target.byteLength !== data.length) {
      throw new ShareError({
        code: 'network.wrong-target',
        fault: 'bug',
        message: `a target of ${this.#target.byteLength} bytes for ${data.length} bytes of data`,
        hint: 'Please report this with the log.'
      })
    }
    if (data.length === 0 && this.#target !== undefined) this.#handler?.onData(data)
  }

  #onPayload(data: DataMessage, part: Uint8Array, offset: number): void {
    if (this.#end !== undefined) return
    const target = this.#target
    target?.set(part, offset)
    if (this.relayed && isSpent(relayBudget(this.#init.connection))) return this.#closeSpent()
    const got = (offset + part.byteLength) as Bytes
    this.#handler?.onDataProgress?.(data, got)
    this.#slowDown(this.#handler?.pace?.(data, part.byteLength as Bytes))
    if (target === undefined || got < data.length) return
    this.#target = undefined
    this.#handler?.onData(data)
  }

  /** Reads no more data until its turn has come; the peer's window does the rest. */
  #slowDown(turn: Promise<void> | undefined): void {
    if (turn === undefined) return
    this.#init.data.hold()
    void turn.then(() => {
      if (this.#end === undefined) this.#init.data.release()
    })
  }

  /** What the relay lets through is used up, or will be by what comes next. */
  #closeSpent(): void {
    const budget = relayBudget(this.#init.connection) ?? { bytes: undefined, time: undefined }
    this.close('done', `over a relay that carries little data: ${budgetText(budget)}`)
  }

  #onFault(fault: WireFault): void {
    this.close(fault.kind === 'frame-too-long' ? 'limit-exceeded' : 'protocol-error', fault.text)
  }

  #onCrash(error: unknown): void {
    this.#init.log.error({ peer: this.peer, error }, 'the link failed on our side')
    this.close('internal', 'internal error')
  }

  #onControlEnd(error: unknown): void {
    this.#lost(error ?? 'the other side ended the control stream without a goodbye')
  }

  /** The goodbye travels on the other stream and may come a moment later. */
  #onDataEnd(error: unknown): void {
    if (this.#end !== undefined) return
    const { clock, limits } = this.#init
    this.#cancelGrace = clock.after(limits.handshakeTimeout, () =>
      this.#lost(error ?? 'the data stream ended')
    )
  }

  #lost(error: unknown): void {
    if (this.#end !== undefined) return
    const text = error instanceof Error ? error.message : String(error)
    this.#finish({ code: 'internal', text: `connection lost: ${printable(text)}`, remote: true })
  }

  #finish(end: LinkEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    const { control, data, clock, limits, log } = this.#init
    log.debug({ peer: this.peer, ...end }, 'swarm link ended')
    this.#watch.stop()
    this.#cancelGrace?.()
    this.#cancelTime?.()
    this.#target = undefined
    this.#writer.fail(
      new ShareError({
        code: 'network.link-closed',
        fault: 'network',
        message: `the link to ${this.peer} is closed: ${end.code}${end.text === '' ? '' : ` (${end.text})`}`,
        hint: 'Nothing to do: other peers go on, and the link is made again when it is needed.'
      })
    )
    control.discard()
    data.discard()
    const streams = [control.stream, data.stream].map((stream) =>
      closeStream(stream, clock, limits.closeTimeout)
    )
    void Promise.all(streams).then(() => this.#gone.resolve())
    // Later, so that nobody is called back from inside his own call.
    queueMicrotask(() => {
      this.#init.onEnded(this)
      this.#announceEnd(end)
    })
  }

  #announceEnd(end: LinkEnd): void {
    const handler = this.#handler
    if (handler === undefined || this.#announced) return
    this.#announced = true
    queueMicrotask(() => {
      try {
        handler.onClose(end)
      } catch (error) {
        this.#init.log.error({ peer: this.peer, error }, 'onClose threw')
      }
    })
  }
}
