import type { MessageStream } from '@libp2p/interface'
import type { yamux } from '@libp2p/yamux'
import { laneOf } from './direct-lane.ts'
import { type FrameHandler, FrameSplitter, type MuxerFrame, type MuxerHeader } from './frame-splitter.ts'
import { type FrameData, leanStream, type OpenStream, takePart } from './lean-stream.ts'
import { muxerChanged } from './muxer-changed.ts'

/** The muxer class, which the package does not export by name. */
type YamuxMuxer = ReturnType<ReturnType<ReturnType<typeof yamux>>['createStreamMuxer']>

/** A muxer as it is at run time; these members are private to the types only. */
interface OpenMuxer {
  maConn: MessageStream
  streams: OpenStream[]
  abort(error: Error): void
  onData(data: Uint8Array | Iterable<Uint8Array>): void
  handleFrame(frame: MuxerFrame): void
  sendFrame(header: MuxerHeader, data?: FrameData): boolean
  _newStream(...parts: unknown[]): OpenStream
}

const PRIVATE_MEMBERS = ['onData', 'handleFrame', 'sendFrame', '_newStream'] as const

/**
 * Gives `muxer` a decoder that holds nothing (see {@link FrameSplitter}), streams that take and give bytes with fewer
 * steps (see {@link leanStream}), and the short way to the socket where the connection has one.
 *
 * @param longest - bytes of the longest frame that may come; a longer one ends the connection
 * @returns the same muxer
 * @throws ShareError `network.muxer-changed` when the muxer's insides are not the known ones
 */
export function leanMuxer(muxer: YamuxMuxer, longest: number): YamuxMuxer {
  const open = muxer as unknown as OpenMuxer
  if (PRIVATE_MEMBERS.some((name) => typeof open[name] !== 'function')) throw muxerChanged()
  const splitter = new FrameSplitter(longest, frameHandler(open))
  open.onData = (data) => {
    if (data instanceof Uint8Array) splitter.take(data)
    else for (const part of data) splitter.take(part)
  }
  useLane(open, (content) => splitter.take(content))
  const make = open._newStream.bind(muxer)
  open._newStream = (...parts) => leanStream(make(...parts))
  return muxer
}

function frameHandler(muxer: OpenMuxer): FrameHandler {
  let latest: OpenStream | undefined
  return {
    onFrame: (frame) => muxer.handleFrame(frame),
    onPart(header, flag, data) {
      if (flag === 0) {
        if (latest?.streamId !== header.streamID) {
          latest = muxer.streams.find(({ streamId }) => streamId === header.streamID)
        }
        if (latest !== undefined && takePart(latest, data)) return
      }
      muxer.handleFrame({ header: { ...header, flag, length: data.byteLength }, data })
    }
  }
}

function useLane(muxer: OpenMuxer, take: (content: Uint8Array) => void): void {
  const { maConn } = muxer
  const lane = laneOf(maConn)
  if (lane === undefined) return
  lane.deliverTo((content) => {
    try {
      take(content)
    } catch (error) {
      // As the muxer does with what comes by events.
      muxer.abort(error as Error)
      maConn.abort(error as Error)
    }
  })
  const ordinary = muxer.sendFrame.bind(muxer)
  muxer.sendFrame = (header, data) => {
    const more = lane.tryWrite([encode(header), ...partsOf(data)])
    if (more === undefined) return ordinary(header, data)
    if (!more) for (const stream of muxer.streams) stream.onMuxerNeedsDrain()
    return more
  }
}

function partsOf(data: FrameData | undefined): Iterable<Uint8Array> {
  if (data === undefined) return []
  return data instanceof Uint8Array ? [data] : data
}

/** A yamux header (https://github.com/hashicorp/yamux/blob/master/spec.md). */
function encode({ type, flag, streamID, length }: MuxerHeader): Uint8Array {
  const header = Buffer.allocUnsafe(12)
  header[0] = 0
  header[1] = type
  header.writeUInt16BE(flag, 2)
  header.writeUInt32BE(streamID, 4)
  header.writeUInt32BE(length, 8)
  return header
}
