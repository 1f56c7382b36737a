import type { Stream } from '@libp2p/interface'
import { MiB } from '@p2pshare/base'

/** A stream of yamux as it is at run time; these members are private to the types only. */
interface OpenStream extends Stream {
  recvWindow: number
  readonly recvWindowCapacity: number
  maxStreamWindowSize: number
  /** When the window was last filled up, as `Date.now()`. */
  readonly epochStart: number
  /** Milliseconds; -1 until measured. */
  getRTT(): number
  sendWindowUpdate(): void
}

/** Round trip (ms) from which a way is long. On a short one a wide window is only a longer queue. */
const LONG_WAY = 20
/** First window of a stream over a long way; every other begins with 256 KiB. */
const EARLY = MiB
/** Largest window of a stream over a long way. */
export const WIDEST_WINDOW = 8 * MiB
/** Bytes that all windows of a node together may have beyond their ordinary limit. */
const SPARE = 64 * MiB

/**
 * Widens the windows of streams that bring content over long ways. TCP hands on what it has in order only: with
 * losses, what is on its way and what waits behind a gap are three round trips' worth and more, and a window of the
 * ordinary 2 MiB held 100 Mbit/s with 100 ms and 2 % losses to two thirds of what TCP did there (bbr).
 *
 * A window is what a peer can make us hold while we do not read. So the wide ones have a budget for the whole node,
 * and a stream comes to one in steps, each only while it brings bytes at a rate that uses it; bytes that nobody
 * asked for end a link long before.
 */
export class WideWindows {
  readonly #room: number
  #taken = 0

  /** @param room - bytes beyond the ordinary limits of all streams together; 64 MiB unless told */
  constructor(room = SPARE) {
    this.#room = room
  }

  /** Bytes that windows have beyond their ordinary limits. */
  get taken(): number {
    return this.#taken
  }

  /** Watches over the window of a new stream until it closes; one of another muxer stays as it is. */
  watch(stream: Stream): void {
    const open = stream as OpenStream
    const ordinary = open.maxStreamWindowSize
    if (![ordinary, open.recvWindow, open.recvWindowCapacity, open.epochStart].every(Number.isFinite)) return
    const update = open.sendWindowUpdate.bind(open)
    open.sendWindowUpdate = () => {
      if (isShort(open)) this.#widen(open)
      update()
    }
    open.addEventListener('close', () => {
      this.#taken -= open.maxStreamWindowSize - ordinary
    })
    if (open.getRTT() < LONG_WAY) return
    open.recvWindow = Math.max(open.recvWindow, Math.min(EARLY, ordinary))
    update()
  }

  /** Doubles the limit; the window itself follows by the muxer's own rule. */
  #widen(stream: OpenStream): void {
    const more = stream.maxStreamWindowSize
    if (more * 2 > WIDEST_WINDOW || this.#taken + more > this.#room || stream.status !== 'open') return
    this.#taken += more
    stream.maxStreamWindowSize += more
    // Or a pause would reset the stream when its window fills up.
    Object.assign(stream, { maxReadBufferLength: 2 * stream.maxStreamWindowSize })
  }
}

/** Whether the window has come to its limit, and a quarter of it was used within one round trip of a long way. */
function isShort(stream: OpenStream): boolean {
  const { recvWindow, recvWindowCapacity, maxStreamWindowSize } = stream
  if (recvWindow < maxStreamWindowSize || recvWindow - recvWindowCapacity < recvWindow / 4) return false
  const rtt = stream.getRTT()
  return rtt >= LONG_WAY && Date.now() - stream.epochStart <= rtt
}
