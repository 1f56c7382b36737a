import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { REACH } from '../../limits/index.ts'
import { type AutoNatMessage, decodeAutoNat, encodeAutoNat } from './message.ts'

/** Messages of AutoNAT on a stream, each behind its length; both calls throw when the signal fires. */
export interface Frames {
  /** Undefined for what is no such message. */
  read(): Promise<AutoNatMessage | undefined>
  write(message: AutoNatMessage): Promise<void>
}

/** Call it in the tick that gave the stream. */
export function framesOf(stream: Stream, signal: AbortSignal): Frames {
  const frames = lpStream(stream, { maxDataLength: REACH.maxMessage, maxBufferSize: 8 * REACH.maxMessage })
  return {
    read: async () => decodeAutoNat((await frames.read({ signal })).subarray()),
    write: (message) => frames.write(encodeAutoNat(message), { signal })
  }
}
