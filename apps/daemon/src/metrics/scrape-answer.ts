import type { IncomingHttpHeaders } from 'node:http'
import { showsToken } from './scrape-token.ts'

/** What of a request counts. */
export interface ScrapeRequest {
  method: string | undefined
  /** As it was sent. */
  url: string | undefined
  headers: IncomingHttpHeaders
}

/** An answer; `serve` is the metrics themselves. */
export type ScrapeAnswer =
  | 'serve'
  | { status: number; text: string; headers?: Readonly<Record<string, string>> }

/**
 * Whether a request gets the metrics. A web page whose name was made to mean this machine (DNS rebinding) comes with its
 * own name as `Host` and is refused; with a token that is not needed, as no page knows it.
 *
 * @param port - where it came in
 * @param token - to be shown; undefined = none is needed
 */
export function scrapeAnswer(
  { method, url, headers }: ScrapeRequest,
  port: number,
  token: string | undefined
): ScrapeAnswer {
  if (token === undefined && !isLoopbackName(headers.host, port))
    return { status: 421, text: 'ask for this machine by a name of its own: localhost, 127.0.0.1 or [::1]' }
  if (token !== undefined && !showsToken(headers.authorization, token))
    return { status: 401, text: 'a token is needed', headers: { 'www-authenticate': 'Bearer' } }
  if (url?.split('?', 1)[0] !== '/metrics') return { status: 404, text: 'only /metrics is here' }
  if (method !== 'GET') return { status: 405, text: 'only GET is known', headers: { allow: 'GET' } }
  return 'serve'
}

function isLoopbackName(host: string | undefined, port: number): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].some((name) => host?.toLowerCase() === `${name}:${port}`)
}
