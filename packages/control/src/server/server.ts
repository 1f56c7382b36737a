import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { ControlService } from '../service.ts'
import { createApp } from './app.ts'
import { CallSlots } from './call-slots.ts'
import {
  CONNECTIONS,
  HEADER_BYTES,
  HEADERS_MS,
  IDLE_MS,
  PATIENCE_MS,
  REQUEST_MS,
  STREAMS,
  SWEEP_MS
} from './limits.ts'
import type { ControlLog } from './log.ts'
import { claimSocket, listenPrivately } from './socket.ts'

/** How a server runs. */
export interface ControlServerOptions {
  socketPath: string
  /** The daemon's version, told to clients of another API version. */
  version: string
  log: ControlLog
  /** Shorter times for tests, in milliseconds. */
  times?: { headers?: number; request?: number; heartbeat?: number; sweep?: number; patience?: number }
}

/** The local API of one daemon. */
export interface ControlServer {
  /**
   * Makes the socket (0600, in a 0700 folder). Call it only while holding the home's lock: a
   * socket that nobody answers on is then a leftover and is replaced.
   * @throws ShareError `control.socket-path-too-long`, `control.socket-in-use`, `control.listen-failed`
   */
  listen(): Promise<void>
  /** Ends streams, closes every connection and removes the socket; never throws. */
  close(): Promise<void>
}

/** Puts a service behind a Unix socket (a named pipe on Windows). Nothing listens before `listen`. */
export function createControlServer(service: ControlService, options: ControlServerOptions): ControlServer {
  const stopping = new AbortController()
  const app = createApp(() => ({ service }), {
    log: options.log,
    version: options.version,
    stopping: stopping.signal,
    slots: new CallSlots(STREAMS, options.times?.patience ?? PATIENCE_MS),
    ...(options.times?.heartbeat === undefined ? {} : { heartbeat: options.times.heartbeat })
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: options.times?.headers ?? HEADERS_MS,
      requestTimeout: options.times?.request ?? REQUEST_MS,
      connectionsCheckingInterval: options.times?.sweep ?? SWEEP_MS,
      keepAliveTimeout: IDLE_MS
    }
  }) as Server
  server.maxConnections = CONNECTIONS
  server.on('error', (error) => options.log.error({ error }, 'control socket failed'))
  return {
    async listen() {
      await claimSocket(options.socketPath)
      await listenPrivately(server, options.socketPath)
    },
    async close() {
      stopping.abort()
      if (!server.listening) return
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      // Streams get one turn to say why they end; whoever does not read it is cut off.
      setTimeout(() => server.closeAllConnections(), 200).unref()
      server.closeIdleConnections()
      await closed
    }
  }
}
