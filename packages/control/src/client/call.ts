import type { ClientRequest, IncomingMessage } from 'node:http'
import { printable, ShareError } from '@p2pshare/base'
import { API_PREFIX, API_VERSION, API_VERSION_HEADER, fromErrorBody } from '../protocol.ts'
import type { ErrorBody } from '../schema/error.ts'
import { checkSocketPath } from '../socket-path.ts'

/** Where calls go. */
export interface CallTarget {
  readonly socketPath: string
}

/** Longest whole answer that is read, in UTF-16 units: 10,000 peers or 1000 shares fit many times over. */
const ANSWER_LENGTH = 64 * 1024 * 1024

/** One call with one answer. */
export async function call<Result>(target: CallTarget, method: string, body: unknown): Promise<Result> {
  const response = await open(target, method, body)
  return JSON.parse(await readAll(response)) as Result
}

/**
 * Sends a call and waits for the answer's headers.
 * @returns the answer, of status 200; its body is not read yet
 * @throws ShareError what the daemon answered, or why it could not be asked
 */
export async function open(
  target: CallTarget,
  method: string,
  body: unknown,
  signal?: AbortSignal
): Promise<IncomingMessage> {
  const response = await send(target, method, JSON.stringify(body), signal)
  if (response.statusCode === 200) return response
  throw readError(await readAll(response), response.statusCode ?? 0)
}

function send(
  target: CallTarget,
  method: string,
  body: string,
  signal?: AbortSignal
): Promise<IncomingMessage> {
  checkSocketPath(target.socketPath)
  // Not imported: an import evaluates every export, and one of http's is WebSocket, which takes 10 ms to load.
  const { request } = process.getBuiltinModule('node:http')
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      [API_VERSION_HEADER]: String(API_VERSION),
      host: 'localhost'
    }
    const outgoing: ClientRequest = request({
      socketPath: target.socketPath,
      path: `${API_PREFIX}${method}`,
      method: 'POST',
      headers,
      agent: false,
      ...(signal === undefined ? {} : { signal })
    })
    outgoing.once('response', resolve)
    outgoing.once('error', (error: NodeJS.ErrnoException) => reject(asShareError(error, target.socketPath)))
    outgoing.end(body)
  })
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = ''
  response.setEncoding('utf8')
  try {
    for await (const chunk of response) {
      text += chunk as string
      if (text.length > ANSWER_LENGTH) throw connectionLost('its answer is too long')
    }
  } catch (error) {
    throw error instanceof ShareError ? error : connectionLost('the answer was cut off', error)
  }
  return text
}

function readError(text: string, status: number): ShareError {
  try {
    return fromErrorBody((JSON.parse(text) as { error: ErrorBody }).error)
  } catch {
    return connectionLost(`it answered ${status} ${printable(text, 100)}`)
  }
}

/** ENOENT: no socket. ECONNREFUSED: a leftover of a killed daemon. */
function asShareError(error: NodeJS.ErrnoException, socketPath: string): ShareError {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR') {
    return new ShareError({
      code: 'control.daemon-not-running',
      fault: 'daemon',
      message: 'no daemon is running for this home',
      hint: 'Start it: p2pshare daemon start.',
      detail: { socket: socketPath }
    })
  }
  return connectionLost(
    error.code === 'EACCES' ? 'its socket belongs to somebody else' : (error.code ?? error.message),
    error
  )
}

/** The connection to the daemon broke: it stopped, crashed, or its other end is no daemon. */
export function connectionLost(why: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'control.connection-lost',
    fault: 'daemon',
    message: `lost the connection to the daemon: ${why}`,
    hint: 'See p2pshare daemon status and the log in its home.',
    cause
  })
}
