import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { invariant, ShareError } from '@p2pshare/base'
import { createAdaptorServer } from '@hono/node-server'
import type { Context } from 'hono'
import { METHOD_ACCESS, type Role } from '../schema/access.ts'
import type { ControlMethod } from '../schema/methods.ts'
import { type Access, createApp } from './app.ts'
import { HEADER_BYTES, REQUEST_MS } from './limits.ts'
import type { ControlLog } from './log.ts'

/** Who calls from another machine; the connection has proven the peer id. */
export interface RemoteCaller {
  peerId: string
  role: Role
  name?: string | undefined
}

/** What a server of calls from other machines needs. */
export interface CallServerOptions {
  version: string
  log: ControlLog
  /** What a caller gets for a call that its role allows. */
  accessOf(caller: RemoteCaller, method: ControlMethod): Access
  /** Shorter times for tests, in milliseconds. */
  times?: { request?: number; heartbeat?: number }
}

/** The API of the local socket, for callers on other machines. */
export interface CallServer {
  /** Serves the one call of a stream, which is the server's from now on. The stream has the manners of a socket. */
  serve(stream: Duplex, caller: RemoteCaller): void
  /** Ends all calls. */
  close(): void
}

/** Puts a service behind streams instead of a socket: the same routes, checks and limits, and a role for each caller. */
export function createCallServer(options: CallServerOptions): CallServer {
  const stopping = new AbortController()
  const callers = new WeakMap<object, RemoteCaller>()
  const open = new Set<Duplex>()
  const accessOf = (c: Context, method: ControlMethod): Access => {
    const caller = callers.get((c.env as { incoming: IncomingMessage }).incoming.socket)
    invariant(caller !== undefined, 'every stream has a caller')
    checkRole(caller, method)
    return options.accessOf(caller, method)
  }
  const { log, version, times = {} } = options
  const heartbeat = times.heartbeat === undefined ? {} : { heartbeat: times.heartbeat }
  const app = createApp(accessOf, { log, version, stopping: stopping.signal, ...heartbeat })
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { maxHeaderSize: HEADER_BYTES }
  }) as Server
  // One call a stream: no second one can wait behind it.
  server.maxRequestsPerSocket = 1
  const timers = new WeakMap<object, NodeJS.Timeout>()
  server.on('request', (request: IncomingMessage) => {
    request.once('end', () => clearTimeout(timers.get(request.socket)))
  })
  return {
    serve(stream, caller) {
      callers.set(stream, caller)
      open.add(stream)
      // Node looks after slow requests of listening servers only.
      const timer = setTimeout(() => stream.destroy(), times.request ?? REQUEST_MS)
      timers.set(stream, timer)
      stream.once('close', () => {
        clearTimeout(timer)
        open.delete(stream)
      })
      server.emit('connection', stream)
    },
    close() {
      stopping.abort()
      for (const stream of open) stream.destroy()
    }
  }
}

/** @throws ShareError `control.only-there`, `control.read-only` */
function checkRole({ peerId, role }: RemoteCaller, method: ControlMethod): void {
  const needed = METHOD_ACCESS[method]
  if (needed === 'local') {
    throw new ShareError({
      code: 'control.only-there',
      fault: 'user',
      message: `${method} is not taken from other machines`,
      hint: 'Run the command on the machine of the daemon.'
    })
  }
  if (needed === 'read' || role === 'control') return
  throw new ShareError({
    code: 'control.read-only',
    fault: 'user',
    message: `this machine may look at the daemon there, not change anything (${method})`,
    hint: `On the other machine: p2pshare authorize ${peerId} --role control.`
  })
}
