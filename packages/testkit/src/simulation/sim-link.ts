import { type Bytes, bytes, type Rng, ShareError } from '@p2pshare/base'
import type { LinkEnd, LinkHandler, PeerLink, PeerName } from '@p2pshare/ports'
import type { CloseCode, DataMessage, SwarmMessage } from '@p2pshare/wire'
import { copySamples } from './sampled-content.ts'
import type { SimLine } from './sim-node.ts'
import { type Sender, SLICE } from './sim-uplink.ts'
import type { StepClock, Task } from './step-clock.ts'

/** Bytes that a socket takes before its writer waits; control messages queue behind them. */
const SEND_BUFFER = 256 * 1024
/** Bytes under way or waiting at the receiver's line, as a receive window allows. */
const WINDOW = 1024 * 1024
/** What a control message costs on the line, with framing, muxer, encryption, TCP and IP. */
const CONTROL_COST = 120

interface Outgoing {
  readonly data: DataMessage
  readonly payload: Uint8Array
  /** Where it ends in the stream of payload bytes. */
  readonly end: number
  left: number
  resolve: (() => void) | undefined
  reject: (error: Error) => void
  /** At the receiver: where the payload goes. */
  target?: Uint8Array | undefined
  got: number
}

interface HeldMessage {
  readonly message: SwarmMessage
  /** Payload bytes that go before it. */
  readonly after: number
}

/** What a link needs of the network around it. */
export interface LinkWorld {
  readonly clock: StepClock
  readonly rng: Rng
  /** Called for each thing that arrives, for the trace. */
  note(from: SimLine, to: SimLine, kind: number, value: number): void
  onEnded(owner: PeerName, link: SimLink): void
}

/** One side of a link between two nodes of a simulated network: message objects, no bytes but samples. */
export class SimLink implements PeerLink, Sender {
  readonly peer: PeerName
  readonly remoteAddress: string
  readonly inbound: boolean
  readonly relayed = false
  readonly lan = false
  readonly agent = 'simulation'
  readonly maxRequests = 64
  queued = false
  readonly #world: LinkWorld
  readonly #line: SimLine
  readonly #far: SimLine
  readonly #latency: number
  #other: SimLink | undefined
  #handler: LinkHandler | undefined
  readonly #waiting: Outgoing[] = []
  /** How many of the waiting ones the socket has taken. */
  #accepted = 0
  readonly #held: HeldMessage[] = []
  #total = 0
  #departed = 0
  #underWay = 0
  #lastArrival = 0
  #end: LinkEnd | undefined

  constructor(world: LinkWorld, line: SimLine, far: SimLine, inbound: boolean) {
    this.#world = world
    this.#line = line
    this.#far = far
    this.#latency = line.spec.latency + far.spec.latency
    this.peer = far.name
    this.remoteAddress = `/sim/${far.name}/p2p/${far.name}`
    this.inbound = inbound
  }

  /** Joins the two sides; once. */
  join(other: SimLink): void {
    this.#other = other
    other.#other = this
  }

  get queuedData(): Bytes {
    return bytes(this.#total - this.#departed)
  }

  start(handler: LinkHandler): void {
    this.#handler = handler
  }

  send(message: SwarmMessage): void {
    if (this.#end !== undefined || this.#line.filter?.(message, this.peer) === false) return
    const after = Math.min(this.#total, this.#departed + SEND_BUFFER)
    if (after > this.#departed || this.#held.length > 0) this.#held.push({ message, after })
    else this.#depart(message, this.#world.clock.now())
  }

  sendData(id: number, payload: Uint8Array): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#linkClosed())
    this.#total += payload.byteLength
    return new Promise((resolve, reject) => {
      const data: DataMessage = { type: 'data', id, length: bytes(payload.byteLength) }
      const left = payload.byteLength
      this.#waiting.push({ data, payload, end: this.#total, left, resolve, reject, got: 0 })
      this.#accept()
      this.#line.uplink.wake(this)
    })
  }

  close(code: CloseCode, text = ''): void {
    if (this.#end !== undefined) return
    this.#depart({ type: 'goodbye', code, text }, this.#world.clock.now())
    this.#finish({ code, text, remote: false })
  }

  /** Dies without a goodbye, as when the process is killed; the other side's system sees it at once. */
  crash(): void {
    if (this.#end !== undefined) return
    this.#depart({ type: 'goodbye', code: 'internal', text: 'connection lost' }, this.#world.clock.now())
    this.#finish({ code: 'internal', text: 'crashed', remote: false })
  }

  nextSlice(): number {
    const first = this.#waiting[0]
    if (first === undefined || this.#underWay >= WINDOW) return 0
    return Math.min(SLICE, first.left)
  }

  sliceSent(length: number, end: number): void {
    const first = this.#waiting[0]
    if (first === undefined || this.#end !== undefined) return
    first.left -= length
    this.#departed += length
    this.#underWay += length
    this.#arriveAt(end, new Slice(this, first, length))
    if (first.left === 0) {
      this.#waiting.shift()
      if (this.#accepted > 0) this.#accepted--
    }
    this.#accept()
    while (this.#held[0] !== undefined && this.#held[0].after <= this.#departed) {
      this.#depart((this.#held.shift() as HeldMessage).message, end)
    }
  }

  /** A slice reached the receiving node. */
  arrive(slice: Slice): void {
    const now = this.#world.clock.now()
    if (!slice.admitted) {
      slice.admitted = true
      const through = this.#far.admit(slice.length, now)
      if (through > now) {
        this.#world.clock.at(through, slice)
        return
      }
    }
    this.#underWay -= slice.length
    this.#far.received += slice.length
    this.#other?.receive(slice.of, slice.length)
    this.#line.uplink.wake(this)
  }

  /** Takes payload from the other side. */
  receive(out: Outgoing, length: number): void {
    const handler = this.#handler
    if (this.#end !== undefined || handler === undefined) return
    if (out.got === 0) out.target = handler.targetFor(out.data)
    out.got += length
    if (out.target === undefined) {
      this.#line.wasted += length
      return
    }
    if (out.got < out.data.length) {
      handler.onDataProgress?.(out.data, bytes(out.got))
      return
    }
    copySamples(out.target, out.payload)
    out.target = undefined
    this.#world.note(this.#far, this.#line, 1, out.data.id)
    handler.onData(out.data)
  }

  /** Takes a message from the other side. */
  deliver(message: SwarmMessage): void {
    if (this.#end !== undefined) return
    this.#world.note(this.#far, this.#line, 2, KINDS.indexOf(message.type))
    if (message.type === 'ping') this.send({ type: 'pong', nonce: message.nonce })
    else if (message.type !== 'goodbye') this.#handler?.onMessage(message)
    else this.#finish({ code: message.code, text: message.text, remote: true })
  }

  #depart(message: SwarmMessage, at: number): void {
    this.#line.uplink.charge(CONTROL_COST)
    this.#arriveAt(at, new Letter(this.#other as SimLink, message))
  }

  /** In order, as in one TCP stream; what is lost holds up all behind it. */
  #arriveAt(leaves: number, task: Task): void {
    const { loss } = this.#line.spec
    const lost = loss > 0 && this.#world.rng.below(1_000_000) < loss * 1_000_000
    const arrival = leaves + this.#latency * (lost ? 3 : 1)
    this.#lastArrival = Math.max(this.#lastArrival, arrival)
    this.#world.clock.at(this.#lastArrival, task)
  }

  /** Tells writers whose bytes the socket has taken. */
  #accept(): void {
    for (let next = this.#waiting[this.#accepted]; next !== undefined; next = this.#waiting[this.#accepted]) {
      if (next.end - this.#departed > SEND_BUFFER) return
      next.resolve?.()
      next.resolve = undefined
      this.#accepted++
    }
  }

  #finish(end: LinkEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    for (const { resolve, reject } of this.#waiting) if (resolve !== undefined) reject(this.#linkClosed())
    this.#waiting.length = 0
    this.#held.length = 0
    queueMicrotask(() => {
      this.#world.onEnded(this.#line.name, this)
      this.#handler?.onClose(end)
    })
  }

  #linkClosed(): ShareError {
    return new ShareError({
      code: 'network.link-closed',
      fault: 'network',
      message: `the link to ${this.peer} is closed`
    })
  }
}

const KINDS: readonly SwarmMessage['type'][] = [
  'hello',
  'subscribe',
  'unsubscribe',
  'piece-map',
  'piece-delta',
  'interest',
  'choke',
  'request',
  'block-request',
  'cancel',
  'refuse',
  'data',
  'block-query',
  'block-have',
  'peer-exchange',
  'ping',
  'pong',
  'goodbye'
]

/** Payload on its way. */
class Slice implements Task {
  readonly of: Outgoing
  readonly length: number
  admitted = false
  readonly #link: SimLink

  constructor(link: SimLink, of: Outgoing, length: number) {
    this.#link = link
    this.of = of
    this.length = length
  }

  run(): void {
    this.#link.arrive(this)
  }
}

/** A control message on its way. */
class Letter implements Task {
  readonly #to: SimLink
  readonly #message: SwarmMessage

  constructor(to: SimLink, message: SwarmMessage) {
    this.#to = to
    this.#message = message
  }

  run(): void {
    this.#to.deliver(this.#message)
  }
}
