import { type ClientRequest, request } from 'node:http'
import { PORT_MAPPING } from '../../limits/index.ts'
import { badRouter } from '../errors.ts'

/** Where a router is spoken to: always an address that it answered from, never a name. */
export interface RouterPlace {
  /** IPv4 literal of the router. */
  host: string
  port: number
  /** Our own address to speak from. */
  local: string
}

/** One exchange. */
export interface RouterExchange {
  /** Begins with a slash. */
  path: string
  /** With a body it is a POST. */
  body?: string
  headers?: Readonly<Record<string, string>>
}

/**
 * Asks a router by HTTP. Goes to the given address only: redirects are not followed. Time and size are bounded.
 * @returns status and body as text
 * @throws ShareError `network.bad-router`, or the system's own error
 */
export async function askRouter(
  place: RouterPlace,
  exchange: RouterExchange,
  signal: AbortSignal
): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const outgoing = open(place, exchange)
  const limit = setTimeout(() => outgoing.destroy(badRouter('no answer in time')), PORT_MAPPING.httpTimeout)
  const onAbort = (): void => void outgoing.destroy(badRouter('called off'))
  signal.addEventListener('abort', onAbort, { once: true })
  outgoing.on('error', reject)
  outgoing.on('response', (response) => {
    const parts: Buffer[] = []
    let size = 0
    response.on('error', reject)
    response.on('data', (part: Buffer) => {
      size += part.length
      if (size > PORT_MAPPING.maxBody) outgoing.destroy(badRouter('its answer is too long'))
      else parts.push(part)
    })
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') })
    )
  })
  if (signal.aborted) onAbort()
  else outgoing.end(exchange.body)
  try {
    return await promise
  } finally {
    clearTimeout(limit)
    signal.removeEventListener('abort', onAbort)
    outgoing.destroy()
  }
}

function open({ host, port, local }: RouterPlace, { path, body, headers }: RouterExchange): ClientRequest {
  return request({
    host,
    port,
    path,
    localAddress: local,
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
    maxHeaderSize: 8192,
    headers: {
      ...headers,
      connection: 'close',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) })
    }
  })
}
