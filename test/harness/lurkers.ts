import { connect, type Socket } from 'node:net'

/** Strangers who hold a handshake open. */
export interface Lurkers extends AsyncDisposable {
  /** Sockets open now, and those that the other side has closed. */
  readonly open: number
  readonly closed: number
}

/** Whom they bother, and how. */
export interface LurkerOptions {
  host: string
  port: number
  /** At most 16,384. */
  count: number
  /** First two parts of their addresses, which must be this machine's. */
  prefix: string
  /** Time between two bytes of those who drip. */
  dripMs?: number
  /** Whether one that was sent away comes again. */
  again?: boolean
}

/** What multistream-select begins with, and the choice of noise. */
const HELLO = Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n')
/** The length of a first noise message that never comes. */
const NOISE = Buffer.from([0, 32])

/**
 * Opens so many sockets to a port, each from an address of its own: a third says nothing, a third says a byte now and
 * then, a third goes silent within the noise handshake.
 */
export function lurkers({ host, port, count, dripMs = 1000, prefix, again = false }: LurkerOptions): Lurkers {
  const sockets = new Set<Socket>()
  let closed = 0
  let open = 0
  let done = false
  const enter = (i: number): void => {
    const localAddress = `${prefix}.${(i >> 7) & 127}.${1 + (i & 127)}`
    const socket = connect({ port, host, localAddress })
    sockets.add(socket)
    socket.once('connect', () => {
      open++
      if (i % 3 === 2) socket.write(Buffer.concat([HELLO, NOISE]))
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      if (!sockets.delete(socket)) return
      closed++
      open--
      if (again && !done) setTimeout(enter, 100, i)
    })
    // So that this side notices the end.
    socket.resume()
  }
  for (let i = 0; i < count; i++) enter(i)
  let at = 0
  const drip = setInterval(() => {
    let i = 0
    for (const socket of sockets)
      if (i++ % 3 === 1 && socket.writable) socket.write(HELLO.subarray(at, at + 1))
    at = (at + 1) % HELLO.length
  }, dripMs)
  return {
    get open() {
      return open
    },
    get closed() {
      return closed
    },
    async [Symbol.asyncDispose]() {
      done = true
      clearInterval(drip)
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    }
  }
}
