import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { readOffer, searchRouters } from '../../../src/reach/mapping/ssdp.ts'
import { Upnp } from '../../../src/reach/mapping/upnp.ts'
import { description, fault, httpRouter, soap, udpRouter } from './fake-routers.ts'

const LOCAL = '127.0.0.1'
const WISH = { local: '192.168.1.7', internalPort: 4001, externalPort: 4001 }
const signal = new AbortController().signal
const OUTSIDE = soap(
  '<u:GetExternalIPAddressResponse xmlns:u="x"><NewExternalIPAddress>5.5.1.2</NewExternalIPAddress></u:GetExternalIPAddressResponse>'
)
const ADDED = soap('<u:AddPortMappingResponse xmlns:u="x"/>')

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void

/** The router's mapper behind a description, and what was sent to it. */
async function router(answer: Answer, control = '/control'): Promise<{ upnp: Upnp; bodies: string[] }> {
  const { port, bodies } = await httpRouter((request, body, response) => {
    if (request.url === '/desc') response.end(description(control))
    else answer(request, body, response)
  })
  const upnp = await Upnp.at({ host: LOCAL, port, local: LOCAL }, '/desc', signal)
  if (!(upnp instanceof Upnp)) throw new Error(upnp.text)
  return { upnp, bodies }
}

test('maps the port that was asked for, and takes it back', async () => {
  const { upnp, bodies } = await router((_, body, response) =>
    response.end(body.includes('GetExternalIPAddress') ? OUTSIDE : ADDED)
  )
  expect(await upnp.map(WISH, signal)).toEqual({
    mapping: { externalHost: '5.5.1.2', externalPort: 4001, lifetime: 3_600_000 }
  })
  expect(bodies.at(-1)).toContain('<NewInternalClient>192.168.1.7</NewInternalClient>')
  await upnp.unmap(WISH, { externalHost: '5.5.1.2', externalPort: 4001, lifetime: 1 }, signal)
  expect(bodies.at(-1)).toContain('<u:DeletePortMapping')
})

test('takes the next port while one is taken, and a mapping without an end where the router knows no other', async () => {
  const { upnp } = await router((_, body, response) => {
    if (body.includes('GetExternalIPAddress')) return response.end(OUTSIDE)
    response.statusCode = 500
    if (body.includes('<NewExternalPort>4001<')) return response.end(fault(718, 'ConflictInMappingEntry'))
    if (!body.includes('<NewLeaseDuration>0<')) return response.end(fault(725, 'OnlyPermanentLeases'))
    response.statusCode = 200
    return response.end(ADDED)
  })
  expect(await upnp.map(WISH, signal)).toEqual({
    mapping: { externalHost: '5.5.1.2', externalPort: 4002, lifetime: undefined }
  })
})

test.each<[string, Answer, string]>([
  ['every port is taken', (_, b, r) => r.end(b.includes('Add') ? fault(718, 'Taken') : OUTSIDE), 'refused'],
  ['not allowed', (_, _b, r) => r.end(fault(606, 'Action not authorized')), 'refused'],
  ['a hostile reason', (_, _b, r) => r.end(fault(501, '\u001b[2J'.repeat(50))), 'refused'],
  ['no XML', (_, _b, r) => r.end('hello'), 'nonsense'],
  ['an address that is none', (_, _b, r) => r.end(OUTSIDE.replace('5.5.1.2', 'evil.example')), 'nonsense'],
  ['an empty address', (_, _b, r) => r.end(OUTSIDE.replace('5.5.1.2', '')), 'nonsense'],
  ['a bomb', (_, _b, r) => r.end(`<!DOCTYPE x [<!ENTITY a "${'b'.repeat(999)}">]><x>&a;</x>`), 'nonsense'],
  ['a huge answer', (_, _b, r) => r.end('<a>'.repeat(1_000_000)), 'nonsense'],
  ['a cut answer', (_, _b, r) => r.destroy(), 'nonsense'],
  ['an endless header', (_, _b, r) => r.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1e5)}`), 'nonsense']
])('%s', async (_, answer, state) => {
  const { upnp } = await router(answer)
  const result = await upnp.map(WISH, signal)
  expect(result).toMatchObject({ failure: { state } })
  const text = 'failure' in result ? result.failure.text : ''
  expect(text).toMatch(/^The router [^\u001b\n]{1,240}\.$/)
})

test('a router that never answers is given up, and calling off ends it at once', async () => {
  const { upnp } = await router(() => undefined)
  const off = new AbortController()
  const asking = upnp.map(WISH, off.signal)
  off.abort()
  expect(await asking).toMatchObject({ failure: { state: 'nonsense' } })
  expect(await upnp.map(WISH, signal)).toMatchObject({
    failure: { text: expect.stringContaining('no answer in time') }
  })
})

test('redirects are not followed', async () => {
  const other = await httpRouter((_, _b, response) => response.end(description('/control')))
  const first = await httpRouter((_, _b, response) => {
    response.writeHead(302, { location: `http://${LOCAL}:${other.port}/` }).end()
  })
  const upnp = await Upnp.at({ host: LOCAL, port: first.port, local: LOCAL }, '/desc', signal)
  expect(upnp).toMatchObject({ state: 'nonsense' })
  expect(other.paths).toEqual([])
})

test.each([
  'http://192.0.2.1/c',
  'http://127.0.0.1:1/c',
  'https://127.0.0.1/c',
  'file:///etc/passwd',
  '//evil/c'
])('a control address of somebody else is not used: %s', async (control) => {
  const { port } = await httpRouter((_, _b, response) => response.end(description(control)))
  const upnp = await Upnp.at({ host: LOCAL, port, local: LOCAL }, '/desc', signal)
  expect(upnp).toMatchObject({ state: 'nonsense' })
})

const offer = (location: string, st = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1'): string =>
  `HTTP/1.1 200 OK\r\nST: ${st}\r\nLOCATION: ${location}\r\n\r\n`

test.each([
  [offer('http://192.168.1.1:5000/d.xml?a=1'), { host: '192.168.1.1', port: 5000, path: '/d.xml?a=1' }],
  [offer('http://192.168.1.1/d.xml'), { host: '192.168.1.1', port: 80, path: '/d.xml' }],
  [offer('http://10.0.0.1:5000/'), 'elsewhere'],
  [offer('http://localhost:5000/'), 'elsewhere'],
  [offer('http://192.168.1.1.evil.example/'), 'elsewhere'],
  [offer('http://192.168.1.1@10.0.0.1/'), 'elsewhere'],
  [offer('http://u:p@192.168.1.1/'), 'elsewhere'],
  [offer('https://192.168.1.1/'), 'elsewhere'],
  [offer('file:///etc/passwd'), 'elsewhere'],
  [offer('nonsense'), undefined],
  [offer('http://192.168.1.1/', 'urn:schemas-upnp-org:device:MediaServer:1'), undefined],
  ['NOTIFY * HTTP/1.1\r\nLOCATION: http://192.168.1.1/\r\n\r\n', undefined],
  ['', undefined]
])('an answer to a search: %j', (message, expected) => {
  expect(readOffer(message, '192.168.1.1')).toEqual(expected)
})

test('a search hears only the router', async () => {
  const group = await udpRouter(() => [offer('http://127.0.0.1:5000/d.xml')])
  const place = { host: LOCAL, port: group.port }
  const route = { gateway: LOCAL, local: '127.0.0.2', prefix: 8 }
  expect(await searchRouters(route, signal, place)).toEqual([{ host: LOCAL, port: 5000, path: '/d.xml' }])
  expect(await searchRouters({ ...route, gateway: '127.0.0.9' }, signal, place)).toEqual([])
  expect(group.seen[0]?.toString()).toContain('M-SEARCH')
})
