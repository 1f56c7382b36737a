import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A UDP port on loopback that answers each datagram as the test says; several answers, or none, are possible. */
export async function udpRouter(
  answer: (message: Buffer, from: RemoteInfo) => (Buffer | string)[]
): Promise<{ port: number; seen: Buffer[] }> {
  const seen: Buffer[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    seen.push(message)
    for (const each of answer(message, from)) socket.send(each, from.port, from.address)
  })
  socket.bind({ address: '127.0.0.1' })
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return { port: socket.address().port, seen }
}

/** An HTTP server on loopback; `answer` gets the body that was sent. */
export async function httpRouter(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void
): Promise<{ port: number; paths: string[]; bodies: string[] }> {
  const paths: string[] = []
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      paths.push(request.url ?? '')
      bodies.push(body)
      answer(request, body, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, paths, bodies }
}

/** A description with one service that maps ports. */
export const description = (control: string, type = 'WANIPConnection:1'): string =>
  `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceList><device><serviceList>
<service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/l3</controlURL></service>
<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><controlURL>${control}</controlURL></service>
</serviceList></device></deviceList></device></root>`

/** A SOAP answer. */
export const soap = (inner: string): string =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${inner}</s:Body></s:Envelope>`

/** A SOAP fault. */
export const fault = (code: number, text: string): string =>
  soap(
    `<s:Fault><faultcode>s:Client</faultcode><detail><UPnPError><errorCode>${code}</errorCode><errorDescription>${text}</errorDescription></UPnPError></detail></s:Fault>`
  )
