import type { Socket } from 'node:net'

/** Content of the longest TLS record (RFC 8446 section 5.1), which is what Node reads at a time. */
const RECORD = 16 * 1024

/** What a socket of Node is at run time; `onread` of `node:net` sets the same, but not for TLS on a socket. */
interface OpenSocket {
  _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } | null
  [symbol: symbol]: unknown
}

/**
 * Has a TLS socket read into one buffer over and over, instead of making a buffer for each record: half of the
 * processor time of receiving goes into making and collecting those.
 *
 * @param take - gets what came; it is overwritten after the call
 * @returns whether this Node can do so; `data` events it is otherwise
 */
export function readInOnePlace(socket: Socket, take: (read: Buffer) => void): boolean {
  const open = socket as unknown as OpenSocket
  const symbols = Object.getOwnPropertySymbols(open)
  const named = (name: string): symbol | undefined => symbols.find((each) => each.description === name)
  const [buffer, onRead] = [named('kBuffer'), named('kBufferCb')]
  if (buffer === undefined || onRead === undefined) return false
  if (typeof open._handle?.useUserBuffer !== 'function') return false
  const landing = Buffer.allocUnsafeSlow(RECORD)
  open[buffer] = landing
  open[onRead] = (length: number): boolean => {
    take(landing.subarray(0, length))
    return true
  }
  open._handle.useUserBuffer(landing)
  return true
}
