/**
 * A stock libp2p node as a process, for network namespaces: `listen <relay>` takes a place at the relay, prints the
 * address to be dialled at, and sends back what comes; `dial <address> <bytes>` sends so many bytes there, and prints
 * how many came back and what the limits were. Ends when its stdin does.
 */
import { multiaddr } from '@multiformats/multiaddr'
import { until } from '../support/nodes.ts'
import { counted } from './raw-circuit.ts'
import { circuitAddress, stockClient, stockListener } from './relay-client.ts'

const ECHO = '/test/echo/1.0.0'
const [what, address = '', size = '0'] = process.argv.slice(2)

async function listen(): Promise<void> {
  const node = await stockListener(address)
  await node.handle(ECHO, (stream) => stream.addEventListener('message', ({ data }) => stream.send(data)), {
    runOnLimitedConnection: true
  })
  process.stdout.write(`${JSON.stringify({ address: circuitAddress(node) })}\n`)
}

async function dial(): Promise<void> {
  const node = await stockClient()
  const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(15_000) })
  const stream = await connection.newStream(ECHO, { runOnLimitedConnection: true })
  const back = counted(stream)
  stream.send(new Uint8Array(Number(size)))
  await until(() => back.bytes === Number(size), 'all came back')
  const { limits, remoteAddr } = connection
  process.stdout.write(
    `${JSON.stringify({ back: back.bytes, seconds: limits?.seconds, over: remoteAddr.toString() })}\n`
  )
}

process.stdin.resume().once('end', () => process.exit(0))
await (what === 'listen' ? listen() : dial())
