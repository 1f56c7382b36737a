import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

/** A line between two programs of this machine. */
export interface LineOptions {
  /** TCP port on 127.0.0.1 that the line leads to. */
  to: number
  /** Bytes per second in each direction. */
  rate: number
  /** One-way delay in ms. */
  delay: number
}

/** How often waiting bytes are looked at, in ms. */
const TICK = 2
/** Bytes in the queue before the line, beyond which the writer has to wait: what a router buffers. */
const QUEUE = 2 * 1024 * 1024

/** Relays TCP connections with a rate and a delay; several connections share the rate. */
export class SlowLine implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #lanes: Lane[]

  private constructor(options: LineOptions) {
    this.#lanes = [new Lane(options), new Lane(options)]
    this.#server = createServer((near) => {
      const far = connect(options.to, '127.0.0.1')
      this.#join(near, far, this.#lanes[0])
      this.#join(far, near, this.#lanes[1])
    })
  }

  /** A line that is open. */
  static async open(options: LineOptions): Promise<SlowLine> {
    const line = new SlowLine(options)
    line.#server.listen(0, '127.0.0.1')
    await once(line.#server, 'listening')
    return line
  }

  /** The port on 127.0.0.1 at its near end. */
  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the line is closed')
    return address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const lane of this.#lanes) lane.stop()
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(from: Socket, to: Socket, lane: Lane | undefined): void {
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (chunk: Buffer) => {
      if (lane?.push(chunk, to) === false) {
        from.pause()
        lane.onRoom(() => from.resume())
      }
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      lane?.end(to)
    })
  }
}

interface Parcel {
  chunk: Buffer | undefined
  to: Socket
  /** When it has left the near end, and may arrive `delay` later. */
  due: number
}

/** One direction: bytes leave one after the other at the rate, and arrive a delay later. */
class Lane {
  readonly #options: LineOptions
  readonly #parcels: Parcel[] = []
  readonly #timer: NodeJS.Timeout
  #free = 0
  #queued = 0
  #waiting: (() => void)[] = []

  constructor(options: LineOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#deliver(), TICK)
  }

  /** Takes bytes; false when the queue is full and {@link onRoom} should be waited for. */
  push(chunk: Buffer, to: Socket): boolean {
    const now = performance.now()
    this.#free = Math.max(this.#free, now) + (chunk.byteLength * 1000) / this.#options.rate
    this.#parcels.push({ chunk, to, due: this.#free + this.#options.delay })
    this.#queued += chunk.byteLength
    return this.#queued < QUEUE
  }

  onRoom(run: () => void): void {
    this.#waiting.push(run)
  }

  end(to: Socket): void {
    this.#parcels.push({ chunk: undefined, to, due: Math.max(this.#free, performance.now()) })
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #deliver(): void {
    const now = performance.now()
    for (let first = this.#parcels[0]; first !== undefined && first.due <= now; first = this.#parcels[0]) {
      this.#parcels.shift()
      if (first.chunk === undefined) first.to.end()
      else {
        first.to.write(first.chunk)
        this.#queued -= first.chunk.byteLength
      }
    }
    if (this.#queued < QUEUE) for (const run of this.#waiting.splice(0)) run()
  }
}
