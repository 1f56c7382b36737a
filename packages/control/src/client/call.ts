import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { printable, ShareError } from '@p2pshare/base'
import { API_PREFIX, API_VERSION, API_VERSION_HEADER, fromErrorBody } from '../protocol.ts'
import type { ErrorBody } from '../schema/error.ts'
import { checkSocketPath } from '../socket-path.ts'

/** Where calls go: to the socket of this machine's daemon, or over a stream of its own each, to another machine's. */
export type CallTarget =
  | { readonly socketPath: string }
  | {
      /** A new stream to the daemon; it becomes the call's. @throws ShareError why there is none */
      readonly open: () => Promise<Duplex>
    }

/** Longest whole answer that is read, in UTF-16 units: 10,000 peers or 1000 shares fit many times over. */
const ANSWER_LENGTH = 64 * 1024 * 1024

/**
 * One call with one answer.
 * @param within - ms until the answer must begin; deleting very many files takes its time
 */
export async function call<Result>(
  target: CallTarget,
  method: string,
  body: unknown,
  within: number
): Promise<Result> {
  const response = await open(target, method, body, { within })
  return JSON.parse(await readAll(response)) as Result
}

/**
 * Sends a call and waits for the answer's headers, for `within` ms at most.
 * @returns the answer, of status 200; its body is not read yet
 * @throws ShareError what the daemon answered, or why it could not be asked
 */
export async function open(
  target: CallTarget,
  method: string,
  body: unknown,
  wait: Wait
): Promise<IncomingMessage> {
  const response = await send(target, method, JSON.stringify(body), wait)
  if (response.statusCode === 200) return response
  throw readError(await readAll(response), response.statusCode ?? 0)
}

/** For how long, ms, and for whom an answer is waited for. */
interface Wait {
  within: number
  signal?: AbortSignal | undefined
}

function send(
  target: CallTarget,
  method: string,
  body: string,
  { within, signal }: Wait
): Promise<IncomingMessage> {
  if ('socketPath' in target) checkSocketPath(target.socketPath)
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
      ...placeOf(target),
      path: `${API_PREFIX}${method}`,
      method: 'POST',
      headers,
      ...(signal === undefined ? {} : { signal })
    })
    const timer = setTimeout(() => outgoing.destroy(connectionLost('it has gone silent')), within)
    outgoing.once('close', () => clearTimeout(timer))
    outgoing.once('response', (response: IncomingMessage) => {
      clearTimeout(timer)
      resolve(response)
    })
    outgoing.once('error', (error: NodeJS.ErrnoException) => reject(asShareError(error, target)))
    outgoing.end(body)
  })
}

/** What `http.request` needs to get there. */
function placeOf(target: CallTarget): RequestOptions {
  if ('socketPath' in target) return { socketPath: target.socketPath, agent: false }
  return {
    createConnection(_, connected) {
      target.open().then(
        (stream) => connected(null, stream),
        // The types want a stream beside the error; Node does not look at it.
        (error: Error) => connected(error, undefined as unknown as Duplex)
      )
      return undefined
    }
  }
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
function asShareError(error: NodeJS.ErrnoException, target: CallTarget): ShareError {
  if (error instanceof ShareError)
    return 'open' in target && error.code === 'network.stream-ended' ? cutOff(error) : error
  if ('open' in target) return cutOff(error)
  const { socketPath } = target
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

/** The other machine's daemon ended the stream before it answered. */
function cutOff(cause: unknown): ShareError {
  return new ShareError({
    code: 'control.call-cut-off',
    fault: 'daemon',
    message: 'the daemon on the other machine ended the call without an answer',
    hint: 'It stops, does without so many calls at once, or was asked too often without being authorised: try again soon.',
    cause
  })
}

/** The connection to the daemon broke: it stopped, crashed, or its other end is no daemon. */
export function connectionLost(why: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'control.connection-lost',
    fault: 'daemon',
    message: `lost the connection to the daemon: ${why}`,
    hint: 'See p2pshare logs for what happened. After p2pshare daemon start downloads go on where they were.',
    cause
  })
}
