import { randomBytes } from 'node:crypto'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { boundedSignal } from '../../dht/signals.ts'
import { REACH } from '../../limits/index.ts'
import { publicHostOf } from '../public-host.ts'
import { badAutoNat } from '../errors.ts'
import { type Frames, framesOf } from './frames.ts'
import {
  type AutoNatMessage,
  decodeDialBack,
  DIAL_BACK,
  DIAL_REQUEST,
  DIAL_STATUS,
  STATUS
} from './message.ts'

/** What a peer found: that the address works, that it does not, or nothing that says either. */
export type Finding = 'works' | 'fails' | 'nothing'

/** Bytes of dial data in one message. */
const CHUNK = 4096

/**
 * Asks others whether they can dial us at an address (AutoNAT v2, client side). That it works is believed only when
 * they say so and the dial itself arrived: a connection from outside that brought the nonce which we made up.
 */
export class DialBackClient {
  readonly #libp2p: Pick<Libp2p, 'handle' | 'unhandle'>
  /** Nonces that wait for their dial; those that have come are true. */
  readonly #nonces = new Map<bigint, { asked: Connection; arrived: boolean }>()
  #dataLeft: number = REACH.dialDataPerHour
  #dataHour = 0

  constructor(libp2p: Pick<Libp2p, 'handle' | 'unhandle'>) {
    this.#libp2p = libp2p
  }

  start(): void {
    const take = (stream: Stream, connection: Connection): void => void this.#take(stream, connection)
    void this.#libp2p.handle(DIAL_BACK, take, { maxInboundStreams: 1 })
  }

  async stop(): Promise<void> {
    await this.#libp2p.unhandle(DIAL_BACK)
  }

  /**
   * Asks the peer of a connection about one address. Never throws.
   * @param address - multiaddr without a peer id
   * @param now - monotonic ms
   */
  async ask(connection: Connection, address: string, now: number, parent: AbortSignal): Promise<Finding> {
    const bounded = boundedSignal(parent, REACH.askTimeout)
    const nonce = randomBytes(8).readBigUInt64LE()
    this.#nonces.set(nonce, { asked: connection, arrived: false })
    let stream: Stream | undefined
    try {
      stream = await connection.newStream(DIAL_REQUEST, { signal: bounded.signal })
      const frames = framesOf(stream, bounded.signal)
      const finding = await this.#exchange(frames, address, nonce, now)
      await stream.close({ signal: bounded.signal })
      return finding
    } catch (error) {
      stream?.abort(error as Error)
      return 'nothing'
    } finally {
      this.#nonces.delete(nonce)
      bounded.release()
    }
  }

  async #exchange(frames: Frames, address: string, nonce: bigint, now: number): Promise<Finding> {
    await frames.write({ type: 'request', addresses: [multiaddr(address).bytes], nonce })
    let answer = await frames.read()
    if (answer?.type === 'data-request') {
      if (!this.#mayPay(answer.bytes, now)) return 'nothing'
      for (let left = answer.bytes; left > 0; left -= CHUNK)
        await frames.write({ type: 'data', bytes: new Uint8Array(Math.min(left, CHUNK)) })
      answer = await frames.read()
    }
    const arrived = this.#nonces.get(nonce)?.arrived === true
    return answer === undefined ? 'nothing' : findingIn(answer, arrived)
  }

  #mayPay(bytes: number, now: number): boolean {
    const hour = Math.floor(now / 3_600_000)
    if (hour !== this.#dataHour) this.#dataLeft = REACH.dialDataPerHour
    this.#dataHour = hour
    if (bytes > REACH.maxDialData || bytes > this.#dataLeft) return false
    this.#dataLeft -= bytes
    return true
  }

  async #take(stream: Stream, connection: Connection): Promise<void> {
    const signal = AbortSignal.timeout(REACH.dialTimeout)
    try {
      const frames = lpStream(stream, { maxDataLength: 64, maxBufferSize: 256 })
      const nonce = decodeDialBack((await frames.read({ signal })).subarray())
      const waiting = nonce === undefined ? undefined : this.#nonces.get(nonce)
      const isDial = connection.direction === 'inbound' && publicHostOf(connection) !== undefined
      if (waiting === undefined || !isDial || waiting.asked === connection) throw badAutoNat('not asked for')
      waiting.arrived = true
      // Status OK is 0, which proto3 leaves out.
      await frames.write(new Uint8Array(), { signal })
      await stream.close({ signal })
    } catch (error) {
      stream.abort(error as Error)
    }
  }
}

/** What an answer says about the one address that was asked about. */
function findingIn(answer: AutoNatMessage, arrived: boolean): Finding {
  if (answer.type !== 'response' || answer.status !== STATUS.ok || answer.index !== 0) return 'nothing'
  if (answer.dialStatus === DIAL_STATUS.dialError) return 'fails'
  return answer.dialStatus === DIAL_STATUS.ok && arrived ? 'works' : 'nothing'
}
