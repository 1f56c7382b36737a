import type { Duplex } from 'node:stream'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { Log, PeerName, PeerWorth } from '@p2pshare/ports'
import { reasonOf } from '../errors.ts'
import { REMOTE } from '../limits/index.ts'
import { resetStream } from '../link/stream-closing.ts'
import { narrowWindow } from '../muxer/narrow-window.ts'
import type { NodePart } from '../node/libp2p-network.ts'
import { CONTROL_PROTOCOL } from './control-protocol.ts'
import { StreamDuplex } from './stream-duplex.ts'

/** What is done with a call: `take` it, `drop` it without a word, or answer these bytes and nothing else. */
export type CallVerdict = 'take' | 'drop' | Uint8Array

/** Who decides about calls and takes them. */
export interface CallTaker {
  /** Asked for each call before anything of it is read; costs little, never throws. */
  judge(peer: PeerName): CallVerdict
  /** Gets the stream of a call that was judged `take`; from then on it is the taker's. */
  take(peer: PeerName, stream: Duplex): void
  /** Whether a peer may call at all: room is made for its connection when there are too many. */
  knows(peer: PeerName): boolean
}

/** Calls of commands on other machines, which come over the node's connections. */
export interface RemoteCalls {
  /** Names who takes calls; call it once. Until then each is dropped. */
  serve(taker: CallTaker): void
}

/** One that may call is never in the way of transfers for long, and a person waits for it. */
const WORTH: PeerWorth = { transferring: true, shares: 1, wanted: true, wanting: true }

/**
 * Accepts the streams of calls. Strangers cost little: what they send is not kept, and how many streams there may be,
 * of one peer and in all, is bounded apart for those that are refused, so that they cannot keep others out.
 */
export class CallStreams implements RemoteCalls, NodePart {
  readonly #libp2p: Pick<Libp2p, 'handle' | 'unhandle'>
  readonly #log: Log
  readonly #open = new Map<PeerName, number>()
  #taken = 0
  #refusing = 0
  #taker: CallTaker | undefined

  constructor(libp2p: Pick<Libp2p, 'handle' | 'unhandle'>, log: Log) {
    this.#libp2p = libp2p
    this.#log = log
  }

  serve(taker: CallTaker): void {
    this.#taker = taker
  }

  start(): void {
    const options = {
      maxInboundStreams: REMOTE.streamsPerPeer,
      maxOutboundStreams: 1,
      // A status fits through any relay; what a relay cuts off is an error there, never half an answer.
      runOnLimitedConnection: true
    }
    this.#libp2p.handle(CONTROL_PROTOCOL, this.#accept, options).catch((error: unknown) => {
      this.#log.error({ error: reasonOf(error) }, 'calls from other machines are not taken')
    })
  }

  async stop(): Promise<void> {
    this.#taker = undefined
    await this.#libp2p.unhandle(CONTROL_PROTOCOL)
  }

  /** Puts what a peer is as a caller before what it is to shares. */
  before(worth: { of: (peer: PeerName) => PeerWorth | undefined }): typeof worth {
    const knows = (peer: PeerName): boolean => this.#taker?.knows(peer) === true
    return {
      get of() {
        return worth.of
      },
      set of(next) {
        worth.of = (peer) => (knows(peer) ? WORTH : next(peer))
      }
    }
  }

  readonly #accept = (stream: Stream, connection: Connection): void => {
    const peer = connection.remotePeer.toString()
    const verdict = this.#taker?.judge(peer) ?? 'drop'
    if (verdict === 'drop') resetStream(stream, 'the call is not taken')
    else if (verdict === 'take') this.#take(peer, stream)
    else this.#refuse(stream, verdict)
  }

  #take(peer: PeerName, stream: Stream): void {
    const own = this.#open.get(peer) ?? 0
    if (own >= REMOTE.streamsPerPeer || this.#taken >= REMOTE.streams) {
      resetStream(stream, 'too many calls at once')
      return
    }
    narrowWindow(stream, REMOTE.window)
    this.#taken++
    this.#open.set(peer, own + 1)
    stream.addEventListener('close', () => {
      this.#taken--
      const left = (this.#open.get(peer) ?? 1) - 1
      if (left > 0) this.#open.set(peer, left)
      else this.#open.delete(peer)
    })
    this.#taker?.take(peer, new StreamDuplex(stream))
  }

  /** Answers without reading: what the caller sends is thrown away as it comes. */
  #refuse(stream: Stream, answer: Uint8Array): void {
    if (this.#refusing >= REMOTE.refusals) {
      resetStream(stream, 'too many calls are refused at once')
      return
    }
    narrowWindow(stream, REMOTE.window)
    this.#refusing++
    const timer = setTimeout(() => resetStream(stream, 'the call was refused'), REMOTE.linger)
    stream.addEventListener('message', () => undefined)
    stream.addEventListener('close', () => {
      clearTimeout(timer)
      this.#refusing--
    })
    try {
      stream.send(answer)
      stream.close().catch(() => resetStream(stream, 'the call was refused'))
    } catch {
      resetStream(stream, 'the call was refused')
    }
  }
}
