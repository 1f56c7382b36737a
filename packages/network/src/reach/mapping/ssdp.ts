import { createSocket } from 'node:dgram'
import { isIPv4 } from 'node:net'
import { PORT_MAPPING } from '../../limits/index.ts'
import { inNetwork } from './route.ts'
import { isPort, type Route } from './port-mapper.ts'

/** Where searches go (UPnP Device Architecture 1.1, section 1). */
const GROUP = { host: '239.255.255.250', port: 1900 }
/** Version 2 answers to the search for version 1, too. */
const TARGET = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1'

/** A description that a router offered: on its own host, or `elsewhere` when it points to another one. */
export type RouterOffer = { host: string; port: number; path: string } | 'elsewhere'

/**
 * Reads an answer to a search.
 * @param from - where it came from: only a description there is taken, so that no answer can make us fetch from a
 *   third host
 * @returns undefined for what is no answer of a router
 */
export function readOffer(message: string, from: string): RouterOffer | undefined {
  const [status, ...lines] = message.split(/\r?\n/)
  if (!/^HTTP\/1\.[01] 200 /.test(status ?? '')) return undefined
  const fields = new Map(lines.slice(0, 32).map(fieldOf))
  const location = fields.get('location') ?? ''
  if (!/InternetGatewayDevice/i.test(fields.get('st') ?? '')) return undefined
  if (location.length > 512 || !URL.canParse(location)) return undefined
  return placeOf(new URL(location), from)
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
}

function placeOf(url: URL, from: string): RouterOffer {
  const port = url.port === '' ? 80 : Number(url.port)
  const own = url.protocol === 'http:' && url.hostname === from && url.username === '' && isPort(port)
  return own ? { host: from, port, path: `${url.pathname}${url.search}` } : 'elsewhere'
}

/** Whether somebody may speak as our router. */
export function isRouter(host: string, { gateway, local, prefix }: Route): boolean {
  if (!isIPv4(host) || host === local) return false
  return gateway === undefined ? inNetwork(host, local, prefix) : host === gateway
}

/**
 * Searches for routers that speak UPnP. Answers of others than the router are passed over.
 * @param group - where to send the search, for tests
 * @returns what was offered within the time; ends early with the first description
 */
export async function searchRouters(
  route: Route,
  signal: AbortSignal,
  group: { host: string; port: number } = GROUP
): Promise<RouterOffer[]> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const offers: RouterOffer[] = []
  const socket = createSocket('udp4')
  const timers: NodeJS.Timeout[] = []
  socket.on('error', () => resolve())
  socket.on('message', (message, { address }) => {
    if (message.length > 2048 || !isRouter(address, route)) return
    const offer = readOffer(message.toString('latin1'), address)
    if (offer === undefined || offers.push(offer) > PORT_MAPPING.maxAnswers) return
    if (offer !== 'elsewhere') resolve()
  })
  const send = (): void =>
    socket.send(searchFor(group), group.port, group.host, (error) => {
      if (error !== null) resolve()
    })
  const onAbort = (): void => resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  socket.bind({ address: route.local }, () => {
    try {
      if (group === GROUP) socket.setMulticastInterface(route.local)
    } catch {
      // The address has just gone.
      return resolve()
    }
    send()
    // Datagrams get lost.
    timers.push(setTimeout(send, PORT_MAPPING.searchTime / 3), setTimeout(resolve, PORT_MAPPING.searchTime))
  })
  if (!signal.aborted) await promise
  signal.removeEventListener('abort', onAbort)
  for (const timer of timers) clearTimeout(timer)
  socket.close()
  return offers
}

function searchFor({ host, port }: { host: string; port: number }): string {
  return [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${host}:${port}`,
    `ST: ${TARGET}`,
    'MAN: "ssdp:discover"',
    'MX: 1',
    '',
    ''
  ].join('\r\n')
}
