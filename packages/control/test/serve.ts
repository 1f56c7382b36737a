import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ControlService } from '../src/index.ts'
import { type ControlServer, type ControlServerOptions, createControlServer } from '../src/server/index.ts'

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface Served {
  socketPath: string
  server: ControlServer
  /** What was logged as an error. */
  errors: string[]
}

/** A server on a socket of its own, closed at the end of the test. */
export async function serve(
  service: ControlService,
  times: NonNullable<ControlServerOptions['times']> = {}
): Promise<Served> {
  const socketPath = join(await temporaryFolder(), 'run', 'control.sock')
  const errors: string[] = []
  const log = { debug: () => undefined, error: (_: unknown, message: string) => void errors.push(message) }
  const server = createControlServer(service, { socketPath, version: '0.1.0', log, times })
  await server.listen()
  onTestFinished(() => server.close())
  return { socketPath, server, errors }
}

/** Sends raw bytes and answers all that comes back until the server closes the connection. */
export function raw(
  socketPath: string,
  text: string | Uint8Array,
  more?: (socket: Socket) => void
): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(socketPath, () => {
      socket.write(text)
      more?.(socket)
    })
    socket.on('data', (data) => {
      answer += data.toString('latin1')
    })
    // A reset is an answer, too: what came before it counts.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

/** A request as text, with the right headers unless told otherwise. */
export function post(
  path: string,
  body: string,
  headers: Record<string, string> = {},
  method = 'POST'
): string {
  const all: Record<string, string> = {
    host: 'localhost',
    'content-type': 'application/json',
    'p2pshare-api': '1',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...headers
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}
