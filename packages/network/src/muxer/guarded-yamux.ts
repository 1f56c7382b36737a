import { MiB, MINUTE } from '@p2pshare/base'
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { yamux, type YamuxMuxerInit } from '@libp2p/yamux'
import { leanMuxer } from './lean-muxer.ts'
import { WIDEST_WINDOW } from './wide-windows.ts'

/** What may be chosen about the muxer; everything else is fixed, since a wrong value breaks connections. */
export interface GuardedYamuxInit {
  /** Streams that the other side may have open on one connection; 64 unless told. */
  maxInboundStreams?: number
  /** Streams that we may have open on one connection; 256 unless told. */
  maxOutboundStreams?: number
  /**
   * Largest receive window of a stream, bytes; 2 MiB unless told. A larger one serves fast links
   * with long round trips and costs that much memory per stream of a hostile peer, so only some
   * streams get one, see {@link WideWindows}.
   */
  maxStreamWindowSize?: number
}

/**
 * The yamux muxer with a bound on what one connection can make us hold: stock yamux collects a
 * frame of any declared length (up to 4 GiB) before it checks the window. Here the bytes of a frame
 * are handed on as they come, and a frame longer than the largest window ends the connection.
 *
 * `initialStreamWindowSize` can't be set on purpose: yamux also uses it as the send window, without
 * telling the peer, which then aborts the connection. The read buffer is larger than the window,
 * or a paused stream would be reset.
 */
export function guardedYamux(init: GuardedYamuxInit = {}): () => StreamMuxerFactory {
  const window = init.maxStreamWindowSize ?? 2 * MiB
  const options: YamuxMuxerInit = {
    maxInboundStreams: init.maxInboundStreams ?? 64,
    maxOutboundStreams: init.maxOutboundStreams ?? 256,
    // Only to measure the round trip, first of all at once, which windows grow by: whether the other side is there,
    // ConnectionWatch asks, and only where nothing comes.
    keepAliveInterval: 5 * MINUTE,
    streamOptions: { maxStreamWindowSize: window, maxReadBufferLength: 2 * window }
  }
  return () => {
    const factory = yamux(options)()
    return {
      protocol: factory.protocol,
      createStreamMuxer(connection: MessageStream): StreamMuxer {
        return leanMuxer(factory.createStreamMuxer(connection), Math.max(window, WIDEST_WINDOW))
      }
    }
  }
}
