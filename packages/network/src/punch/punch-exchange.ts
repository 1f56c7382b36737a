import type { Connection, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { type Clock, type Millis, millis, ShareError } from '@p2pshare/base'
import { PUNCH } from '../limits/index.ts'
import { decodePunch, encodePunch, PUNCH_PROTOCOL, type PunchMessage } from './punch-message.ts'

/** When both sides are to dial, and where to. */
export interface PunchAppointment {
  addresses: Multiaddr[]
  /** From now. */
  wait: Millis
}

/**
 * The side to which the relayed connection came in: names its addresses, hears the other side's, measures the round
 * trip over the relay, and gives the sign; the sign takes half of it, so both dial at the same time.
 * @throws ShareError `network.punch-failed`, or what the stream throws
 */
export async function proposePunch(
  relayed: Connection,
  own: readonly Multiaddr[],
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal
): Promise<PunchAppointment> {
  const stream = await relayed.newStream(PUNCH_PROTOCOL, { signal, runOnLimitedConnection: true })
  return ending(stream, signal, async (frames) => {
    const began = clock.now()
    await frames.write(encodePunch({ type: 'connect', addresses: [...own] }), { signal })
    const { addresses } = await readMessage(frames, 'connect', signal)
    const trip = clock.now() - began
    await frames.write(encodePunch({ type: 'sync', addresses: [] }), { signal })
    return { addresses, wait: millis(trip / 2) }
  })
}

/** The other side: answers with its own addresses, and dials at the sign. @throws as {@link proposePunch} does */
export function acceptPunch(
  stream: Stream,
  own: readonly Multiaddr[],
  signal: AbortSignal
): Promise<PunchAppointment> {
  return ending(stream, signal, async (frames) => {
    const { addresses } = await readMessage(frames, 'connect', signal)
    await frames.write(encodePunch({ type: 'connect', addresses: [...own] }), { signal })
    await readMessage(frames, 'sync', signal)
    return { addresses, wait: millis(0) }
  })
}

type Frames = ReturnType<typeof lpStream>

async function ending<T>(
  stream: Stream,
  signal: AbortSignal,
  talk: (frames: Frames) => Promise<T>
): Promise<T> {
  try {
    const result = await talk(lpStream(stream, { maxDataLength: PUNCH.maxMessage }))
    // The dial waits for nothing any more.
    stream.close({ signal }).catch((error: Error) => stream.abort(error))
    return result
  } catch (error) {
    stream.abort(error as Error)
    throw error
  }
}

async function readMessage(
  frames: Frames,
  type: PunchMessage['type'],
  signal: AbortSignal
): Promise<PunchMessage> {
  const message = decodePunch((await frames.read({ signal })).subarray())
  if (message?.type !== type) throw punchFailed('the other side broke the protocol')
  if (type === 'connect' && message.addresses.length === 0)
    throw punchFailed('nobody has told the other side its outer address yet')
  return message
}

/** A direct connection did not come about. */
export function punchFailed(why: string): ShareError {
  return new ShareError({
    code: 'network.punch-failed',
    fault: 'network',
    message: `No direct connection through the routers: ${why}.`,
    hint: 'Forward a port on one side, see docs/reaching.md; until then only a relay reaches the peer.'
  })
}
