import type { Connection } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import type { HelloMessage } from '@p2pshare/wire'
import { type HelloFailure, HelloStream } from './hello-stream.ts'
import { STREAMS_PER_CONNECTION, SWARM_PROTOCOL } from './link-limits.ts'
import { resetStream } from './stream-closing.ts'
import type { StreamLinkInit } from './stream-link.ts'
import type { LinkLimits, SwarmLinksInit } from './swarm-host.ts'

/** What the opening side brings. */
export interface OpeningInit extends Pick<SwarmLinksInit, 'agent' | 'clock'> {
  connection: Connection
  limits: LinkLimits
  session: bigint
  signal: AbortSignal
  /** Called once, just before the first hello leaves: from then on both sides may have spoken. */
  onSpeak(): void
}

/** The streams of a link and the other side's hello. */
export type OpenedStreams = Pick<StreamLinkInit, 'control' | 'data' | 'hello'>

/** The other side did not take the link, and said (or showed) why. */
export function refusal(peer: string, failure: HelloFailure): ShareError {
  const why = failure.code ?? 'no answer'
  return new ShareError({
    code: 'network.dial-failed',
    fault: 'network',
    message: `peer ${peer} did not take a swarm link: ${why} (${failure.text})`,
    hint: 'It may be busy or gone; it is tried again later.',
    detail: { code: failure.code ?? null }
  })
}

/**
 * Opens both streams on a connection, in one round trip, and exchanges hellos in another. Control goes first:
 * within a connection the muxer serves older streams first, so control never starves behind data.
 * @throws whatever libp2p throws for a stream that can't be opened; ShareError for a failed handshake
 */
export async function openStreams(init: OpeningInit): Promise<OpenedStreams> {
  const { connection, signal } = init
  const options = { signal, maxOutboundStreams: STREAMS_PER_CONNECTION, runOnLimitedConnection: true }
  const done = Promise.withResolvers<OpenedStreams>()
  const hellos: HelloMessage[] = []
  const streams = new Map<HelloMessage['stream'], HelloStream>()
  let stopped = false
  const stop = () => {
    stopped = true
    for (const stream of streams.values()) stream.fail('the attempt was given up')
  }
  const open = async (kind: HelloMessage['stream']) => {
    const stream = await connection.newStream(SWARM_PROTOCOL, options)
    const waiting = new HelloStream(stream, init.clock, init.limits.handshakeTimeout, {
      onHello: (hello) => {
        if (hello.stream !== kind || hello.session !== init.session)
          return waiting.fail('a hello that does not fit')
        hellos.push(hello)
        if (hellos.length === 2) finish()
      },
      onFailure: (failure) => {
        done.reject(refusal(connection.remotePeer.toString(), failure))
        stop()
      }
    })
    streams.set(kind, waiting)
    // The other one failed while this one was on its way.
    if (stopped) waiting.fail('the attempt was given up')
  }
  const finish = () => {
    const [control, data] = [streams.get('control'), streams.get('data')]
    const hello = hellos.find((hello) => hello.stream === 'control')
    if (control === undefined || data === undefined || hello === undefined) return
    control.settle()
    data.settle()
    done.resolve({ control: control.reader, data: data.reader, hello })
  }
  // Failures before anybody waits are reported by the awaits below, not as unhandled ones.
  done.promise.catch(() => {})
  signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.all([open('control'), open('data')])
    signal.throwIfAborted()
    init.onSpeak()
    const hello = {
      type: 'hello',
      session: init.session,
      agent: init.agent,
      maxRequests: init.limits.maxRequests
    } as const
    for (const [kind, stream] of streams) stream.greet({ ...hello, stream: kind })
    return await done.promise
  } catch (error) {
    stop()
    for (const stream of streams.values()) resetStream(stream.reader.stream, 'the attempt failed')
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
