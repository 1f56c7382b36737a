import type { Socket } from 'node:net'
import { KiB } from '@p2pshare/base'

/**
 * What the kernel may hand over in one read. Node itself reads 64 KiB at a time, into memory made for each read;
 * a quick peer's data then costs sixteen reads a MiB, and nearly every record lies in two of them.
 */
const BUFFER_BYTES = 128 * KiB

/** All sockets read into the same memory: what one read brought is handled before the next. */
let shared: Uint8Array | undefined

/** What `onread` of a socket consists of (Node's `lib/net.js`), by the descriptions of its symbols. */
const MEMBERS = ['kBuffer', 'kBufferCb', 'kBufferGen'] as const

interface OpenHandle {
  useUserBuffer?(buffer: Uint8Array): void
}

/**
 * Makes an open socket read into one fixed buffer, as the option `onread` of `net.connect` does; there is no such
 * option for sockets that a server takes, nor for those that libp2p dials.
 * @param take - gets each read; its bytes are overwritten by the next
 * @returns false when this Node keeps `onread` elsewhere, or data waits in the socket: it goes on with `data` events
 */
export function readFixed(socket: Socket, take: (read: Uint8Array) => void): boolean {
  const handle = (socket as Socket & { _handle?: OpenHandle })._handle
  const symbols = MEMBERS.map((name) => symbolOf(socket, name))
  const [buffer, callback, generator] = symbols
  if (buffer === undefined || callback === undefined || generator === undefined) return false
  if (typeof handle?.useUserBuffer !== 'function' || socket.readableLength > 0) return false
  shared ??= new Uint8Array(BUFFER_BYTES)
  const open = socket as unknown as Record<symbol, unknown>
  open[buffer] = shared
  open[callback] = (count: number, bytes: Uint8Array): boolean => {
    take(bytes.subarray(0, count))
    return true
  }
  open[generator] = null
  handle.useUserBuffer(shared)
  return true
}

function symbolOf(socket: Socket, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find(({ description }) => description === name)
}
