import type { Connection, IdentifyResult, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import type { Clock, Millis } from '@p2pshare/base'
import { boundedSignal } from '../../dht/signals.ts'
import { CLOCK_WATCH } from '../../limits/index.ts'
import { hostBlock, hostOf, isPublicHost } from '../../node/address-scope.ts'
import { ClockSamples } from './clock-samples.ts'

/** The side that is dialled answers with its wall time: 8 bytes, ms since 1970, big-endian, behind a length. */
export const TIME_PROTOCOL = '/p2pshare/time/1.0.0'

/** What {@link ClockWatch} stands on. */
export interface ClockWatchInit {
  libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'addEventListener'>
  clock: Clock
}

/** Asks connected peers for their time, once each, and tells ours: so `doctor` can say that a clock is wrong. */
export class ClockWatch {
  readonly #init: ClockWatchInit
  readonly #samples = new ClockSamples()
  #running: AbortController | undefined

  constructor(init: ClockWatchInit) {
    this.#init = init
    init.libp2p.addEventListener('peer:identify', (event) => void this.#identified(event.detail))
  }

  start(): void {
    this.#running = new AbortController()
    void this.#init.libp2p.handle(TIME_PROTOCOL, (stream) => void this.#answer(stream), {
      maxInboundStreams: 1
    })
  }

  async stop(): Promise<void> {
    this.#running?.abort()
    await this.#init.libp2p.unhandle(TIME_PROTOCOL)
  }

  /** Ms that we are ahead of others; undefined while too few have told. */
  offset(): Millis | undefined {
    const { clock } = this.#init
    return this.#samples.offset(clock.wallTime(), clock.now()) as Millis | undefined
  }

  async #identified({ connection, protocols }: IdentifyResult): Promise<void> {
    const { clock } = this.#init
    const voice = voiceOf(connection)
    if (this.#running === undefined || !protocols.includes(TIME_PROTOCOL)) return
    if (connection.limits !== undefined || !this.#samples.wants(voice, clock.now())) return
    const bounded = boundedSignal(this.#running.signal, CLOCK_WATCH.timeout)
    const { signal } = bounded
    let stream: Stream | undefined
    try {
      stream = await connection.newStream(TIME_PROTOCOL, { signal })
      const asked = clock.now()
      const frames = lpStream(stream, { maxDataLength: 8, maxBufferSize: 64 })
      await frames.write(new Uint8Array(), { signal })
      const bytes = Buffer.from((await frames.read({ signal })).subarray())
      if (bytes.length === 8) this.#samples.take(voice, Number(bytes.readBigUInt64BE()), asked, clock.now())
      await stream.close({ signal })
    } catch (error) {
      stream?.abort(error as Error)
    } finally {
      bounded.release()
    }
  }

  async #answer(stream: Stream): Promise<void> {
    const signal = AbortSignal.timeout(CLOCK_WATCH.timeout)
    try {
      const frames = lpStream(stream, { maxDataLength: 8, maxBufferSize: 64 })
      await frames.read({ signal })
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(BigInt(Math.floor(this.#init.clock.wallTime())))
      await frames.write(bytes, { signal })
      await stream.close({ signal })
    } catch (error) {
      stream.abort(error as Error)
    }
  }
}

/** Who speaks: many peers of one address block are one voice; in a LAN each peer is one. */
function voiceOf(connection: Connection): string {
  const host = hostOf(connection.remoteAddr)
  return host !== undefined && isPublicHost(host) ? hostBlock(host) : connection.remotePeer.toString()
}
