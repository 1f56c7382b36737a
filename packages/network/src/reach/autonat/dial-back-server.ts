import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Clock, millis, type Rng } from '@p2pshare/base'
import { boundedSignal } from '../../dht/signals.ts'
import { REACH } from '../../limits/index.ts'
import { hostBlock, hostOf, withoutPeer } from '../../node/address-scope.ts'
import { publicHostOf } from '../public-host.ts'
import { reachOf } from '../../node/record-addresses.ts'
import type { ExactTransport } from '../node-parts.ts'
import { RequestBudget } from '../request-budget.ts'
import { badAutoNat } from '../errors.ts'
import { type Frames, framesOf } from './frames.ts'
import { DIAL_BACK, DIAL_REQUEST, DIAL_STATUS, encodeDialBack, STATUS } from './message.ts'

/** What {@link DialBackServer} stands on. */
export interface DialBackInit {
  libp2p: Pick<Libp2p, 'handle' | 'unhandle'>
  transport: Pick<ExactTransport, 'dial'>
  clock: Clock
  rng: Rng
}

/**
 * Tells others which of their addresses work, by dialling them (AutoNAT v2, server side). Bounded, and of no use to
 * make us dial where the asker has no business: only public addresses with a TCP port from 1024 on; for an address
 * that is not the one we see the asker at, it first sends more bytes than the dial costs; few requests a minute, few
 * dials at a time; nothing for who comes over a relay or from our LAN.
 */
export class DialBackServer {
  readonly #init: DialBackInit
  readonly #budget = new RequestBudget()
  #busy = 0
  #running: AbortController | undefined

  constructor(init: DialBackInit) {
    this.#init = init
  }

  start(): void {
    this.#running = new AbortController()
    const serve = (stream: Stream, connection: Connection): void => void this.#serve(stream, connection)
    void this.#init.libp2p.handle(DIAL_REQUEST, serve, { maxInboundStreams: 1 })
  }

  async stop(): Promise<void> {
    this.#running?.abort()
    await this.#init.libp2p.unhandle(DIAL_REQUEST)
  }

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    if (this.#running === undefined) return stream.abort(badAutoNat('not serving'))
    const bounded = boundedSignal(this.#running.signal, REACH.serveTimeout)
    this.#busy++
    try {
      await this.#answer(stream, connection, bounded.signal)
      await stream.close({ signal: bounded.signal })
    } catch (error) {
      stream.abort(error as Error)
    } finally {
      this.#busy--
      bounded.release()
    }
  }

  async #answer(stream: Stream, connection: Connection, signal: AbortSignal): Promise<void> {
    const frames = framesOf(stream, signal)
    const request = await frames.read()
    if (request?.type !== 'request') throw badAutoNat('no request')
    const say = (status: number, index = 0, dialStatus: number = DIAL_STATUS.unused): Promise<void> =>
      frames.write({ type: 'response', status, index, dialStatus })
    const asker = publicHostOf(connection)
    if (asker === undefined || !this.#hasRoomFor(asker)) return say(STATUS.requestRejected)
    const addresses = request.addresses.map(dialable)
    const index = addresses.findIndex((each) => each !== undefined)
    const address = addresses[index]
    if (address === undefined) return say(STATUS.dialRefused)
    if (hostOf(address) !== asker) {
      await this.#takePayment(frames, index)
      await this.#delay(signal)
    }
    return say(STATUS.ok, index, await this.#dialBack(address, request.nonce, connection, signal))
  }

  #hasRoomFor(asker: string): boolean {
    return this.#busy <= REACH.servedAtOnce && this.#budget.take(hostBlock(asker), this.#init.clock.now())
  }

  /** Has the asker send more than a dial costs, so that nobody is made to dial a third by a few bytes. */
  async #takePayment(frames: Frames, index: number): Promise<void> {
    const bytes = REACH.minDialData + this.#init.rng.below(REACH.maxDialData - REACH.minDialData)
    await frames.write({ type: 'data-request', index, bytes })
    for (let left = bytes; left > 0; ) {
      const part = await frames.read()
      if (part?.type !== 'data' || part.bytes.byteLength === 0) throw badAutoNat('no data')
      left -= part.bytes.byteLength
    }
  }

  async #dialBack(
    address: Multiaddr,
    nonce: bigint,
    asker: Connection,
    parent: AbortSignal
  ): Promise<number> {
    const bounded = boundedSignal(parent, REACH.dialTimeout)
    const { signal } = bounded
    let connection: Connection | undefined
    try {
      const target = address.encapsulate(`/p2p/${asker.remotePeer.toString()}`)
      connection = await this.#init.transport.dial(target, signal)
      const stream = await connection.newStream(DIAL_BACK, { signal })
      const frames = lpStream(stream, { maxDataLength: 64 })
      await frames.write(encodeDialBack(nonce), { signal })
      await frames.read({ signal })
      return DIAL_STATUS.ok
    } catch {
      return connection === undefined ? DIAL_STATUS.dialError : DIAL_STATUS.dialBackError
    } finally {
      bounded.release()
      connection
        ?.close({ signal: AbortSignal.timeout(1000) })
        .catch((error) => connection?.abort(error as Error))
    }
  }

  /** So that many servers that are asked at once do not dial an address at the same time. */
  async #delay(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#init.clock.after(millis(this.#init.rng.below(REACH.maxDelay)), resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    cancel()
    signal.throwIfAborted()
  }
}

/** An address that may be dialled for somebody, without a peer id. */
function dialable(bytes: Uint8Array): Multiaddr | undefined {
  try {
    const address = multiaddr(bytes)
    // Not over a relay: that would show how the relay is reached.
    return hostOf(address) !== undefined && reachOf(address) === 'public' ? withoutPeer(address) : undefined
  } catch {
    // Bytes of a stranger.
    return undefined
  }
}
