import { ShareError } from '@p2pshare/base'
import type { MessageStream } from '@libp2p/interface'
import type { yamux } from '@libp2p/yamux'

/** The muxer class, which the package does not export by name. */
type YamuxMuxer = ReturnType<ReturnType<ReturnType<typeof yamux>>['createStreamMuxer']>

/** The part of the decoder's list of bytes that the guard needs. */
interface ByteList {
  readonly byteLength: number
  consume(bytes: number): void
}

/** A muxer as it is at run time; the decoder is private to the types only. */
interface OpenMuxer {
  onData(data: Parameters<YamuxMuxer['onData']>[0]): void
  readonly decoder: { readonly buffer: ByteList }
}

function bufferOf(muxer: OpenMuxer): ByteList {
  const buffer: ByteList | undefined = muxer.decoder?.buffer
  if (typeof buffer?.byteLength === 'number' && typeof buffer.consume === 'function') return buffer
  throw new ShareError({
    code: 'network.muxer-changed',
    fault: 'bug',
    message: 'this version of @libp2p/yamux has no decoder buffer to guard',
    hint: 'Install the version that package-lock.json names.'
  })
}

/**
 * Aborts `muxer` and its connection when more than `limit` bytes wait for a frame to be complete.
 * @returns the same muxer
 * @throws ShareError `network.muxer-changed` when the muxer's insides are not the known ones
 */
export function guardDecoder(muxer: YamuxMuxer, connection: MessageStream, limit: number): YamuxMuxer {
  const open = muxer as unknown as OpenMuxer
  const buffer = bufferOf(open)
  const decode = open.onData.bind(muxer)
  open.onData = (data) => {
    decode(data)
    if (buffer.byteLength <= limit) return
    const error = new ShareError({
      code: 'network.muxer-frame-too-long',
      fault: 'peer',
      message: `the peer sent a multiplexer frame longer than its window: ${buffer.byteLength} bytes wait, ${limit} are allowed`,
      hint: 'Nothing to do here: the connection was closed.'
    })
    buffer.consume(buffer.byteLength)
    muxer.abort(error)
    connection.abort(error)
  }
  return muxer
}
