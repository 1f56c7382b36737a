import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TcpAddress } from '@p2pshare/control/config'
import type { Log } from '@p2pshare/ports'
import { scrapeAnswer } from './scrape-answer.ts'
import { readToken } from './scrape-token.ts'

/** What scrapers may take: a Prometheus has one connection and asks every few seconds. */
export interface ListenerLimits {
  /** Open connections; one more is closed at once. */
  connections: number
  /** Bytes of all headers of a request. */
  headers: number
  /** Time for a whole request, for the next one on the same connection, and in which nothing of an answer is read, ms. */
  request: number
  /** Time for which an answer is given again, ms: it costs as much as there are shares. */
  fresh: number
}

export const LISTENER_LIMITS: ListenerLimits = { connections: 16, headers: 8192, request: 5000, fresh: 1000 }

/** What the configuration says of it. */
export interface ListenerWish {
  metricsListen?: TcpAddress | undefined
  metricsTokenFile?: string | undefined
}

/** What it stands on. */
export interface ListenerParts {
  log: Log
  /** The metrics as text. */
  read(): Promise<string>
  /** Takes one sentence for the user while there is trouble; others' stand there, too. */
  warnings: string[]
  limits?: ListenerLimits
}

/**
 * Serves `GET /metrics` over TCP, and nothing else, where the configuration wants it. That it cannot is a warning, and
 * the daemon goes on.
 */
export class MetricsListener {
  readonly #parts: ListenerParts
  readonly #limits: ListenerLimits
  #server: Server | undefined
  #wish: ListenerWish = {}
  #trouble: string | undefined
  #text: { at: number; text: Promise<string> } | undefined
  /** Changes come one after the other. */
  #work: Promise<void> = Promise.resolve()

  constructor(parts: ListenerParts) {
    this.#parts = parts
    this.#limits = parts.limits ?? LISTENER_LIMITS
  }

  /** Where it listens; undefined where it does not. */
  get address(): AddressInfo | undefined {
    const address = this.#server?.address()
    return typeof address === 'object' && address !== null ? address : undefined
  }

  /** Listens as the configuration says now; resolves when it does, or when it is known that it cannot. Never rejects. */
  configure({ metricsListen, metricsTokenFile }: ListenerWish): Promise<void> {
    const wish = { metricsListen, metricsTokenFile }
    this.#work = this.#work.then(async () => {
      // What is in trouble is tried again whenever the configuration is looked at.
      if (this.#trouble === undefined && JSON.stringify(wish) === JSON.stringify(this.#wish)) return
      await this.#end()
      this.#wish = wish
      this.#tell(metricsListen === undefined ? undefined : await this.#begin(metricsListen, metricsTokenFile))
    })
    return this.#work
  }

  /** Ends all connections. */
  close(): Promise<void> {
    this.#work = this.#work.then(() => this.#end())
    return this.#work
  }

  /** @returns what is the matter; undefined when it listens */
  async #begin(address: TcpAddress, tokenFile: string | undefined): Promise<string | undefined> {
    const { host, port } = address
    const shown = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    if (tokenFile === undefined && !isLoopback(host))
      return `metrics are not served at ${shown}: other machines can reach that; set metricsTokenFile, or listen at 127.0.0.1`
    const read = tokenFile === undefined ? undefined : await readToken(tokenFile)
    if (read !== undefined && 'problem' in read) return `metrics are not served at ${shown}: ${read.problem}`
    const server = this.#makeServer(tokenFile)
    const failure = await listening(server, address)
    if (failure !== undefined) return `metrics are not served at ${shown}: ${failure}`
    this.#server = server
    this.#parts.log.info({ address: shown, token: tokenFile !== undefined }, 'metrics are served')
    return undefined
  }

  #makeServer(tokenFile: string | undefined): Server {
    const { connections, headers, request } = this.#limits
    const server = createServer(
      {
        maxHeaderSize: headers,
        headersTimeout: request,
        requestTimeout: request,
        keepAliveTimeout: request,
        connectionsCheckingInterval: Math.min(request, 1000)
      },
      (asked, response) => void this.#answer(asked, response, tokenFile)
    )
    server.maxConnections = connections
    // Who asks and does not read the answer holds a place, too.
    server.timeout = request
    server.on('error', (error) => this.#parts.log.warn({ error }, 'the listener for metrics failed'))
    return server
  }

  async #answer(
    asked: IncomingMessage,
    response: ServerResponse,
    tokenFile: string | undefined
  ): Promise<void> {
    try {
      const read = tokenFile === undefined ? undefined : await readToken(tokenFile)
      if (read !== undefined && 'problem' in read) {
        this.#parts.log.warn({ problem: read.problem }, 'metrics cannot be served')
        return send(response, 503, 'the token of this daemon cannot be read; see its log\n')
      }
      const { method, url, headers, socket } = asked
      const answer = scrapeAnswer({ method, url, headers }, socket.localPort ?? 0, read?.token)
      if (answer !== 'serve') return send(response, answer.status, `${answer.text}\n`, answer.headers)
      send(response, 200, await this.#metrics(), {
        'content-type': 'text/plain; version=0.0.4; charset=utf-8'
      })
    } catch (error) {
      this.#parts.log.error({ error }, 'metrics could not be read')
      send(response, 500, 'the metrics could not be read; see the log\n')
    }
  }

  #metrics(): Promise<string> {
    const now = performance.now()
    if (this.#text === undefined || now - this.#text.at >= this.#limits.fresh)
      this.#text = { at: now, text: this.#parts.read() }
    return this.#text.text
  }

  async #end(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    server.closeAllConnections()
    await promise
  }

  #tell(trouble: string | undefined): void {
    const { warnings, log } = this.#parts
    const before = this.#trouble === undefined ? -1 : warnings.indexOf(this.#trouble)
    if (before >= 0) warnings.splice(before, 1)
    this.#trouble = trouble
    if (trouble === undefined) return
    warnings.push(trouble)
    log.warn({}, trouble)
  }
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {}
): void {
  // What a refused request still sends is not read.
  const end = status === 200 ? {} : { connection: 'close' }
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    ...end,
    ...headers
  })
  response.end(text)
}

/** @returns why it cannot listen */
async function listening(server: Server, { host, port }: TcpAddress): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const onError = ({ code }: NodeJS.ErrnoException): void =>
    resolve(REASONS[code ?? ''] ?? code ?? 'unknown error')
  server.once('error', onError)
  server.listen({ host, port, exclusive: true }, () => resolve(undefined))
  const failure = await promise
  server.off('error', onError)
  return failure
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has that port; choose another one with `p2pshare config set metricsListen`',
  EACCES: 'that port is for the system; choose one from 1024 on',
  EADDRNOTAVAIL: 'this machine has no such address'
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.')
}
