import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, expect } from 'vitest'
import { test } from '../fixture.ts'
import { isolatedEnvironment } from '../isolation.ts'
import { type NamespaceHost, onHost } from '../namespace-host.ts'
import { type NatHost, NatNetwork } from './nat-network.ts'

/** Says on stdout who connects, and to whom a connection leads, by address and port. */
const SERVER = `
require('node:net').createServer((socket) => {
  console.log(socket.remoteAddress.replace('::ffff:', '') + ' ' + socket.remotePort)
  socket.on('error', () => {}).end()
}).listen(Number(process.argv[1]), () => console.log('ready'))
`
/** Dials from one port of its own to several places; says what came of it. */
const CLIENT = `
const [localPort, limit, ...places] = process.argv.slice(1)
for (const place of places) {
  const [host, port] = place.split(':')
  const socket = require('node:net').connect({ host, port, localPort: Number(localPort) || undefined })
  socket.on('connect', () => { console.log('connected'); socket.destroy() })
  socket.on('error', (error) => console.log(error.code))
  setTimeout(() => { if (socket.connecting) console.log('silence'); socket.destroy() }, Number(limit)).unref()
}
`

function lines(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new Error('stdout is a pipe')
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

/** A server on port 7 of each of the places; answers who connected, one after another. */
async function serverOn(network: NatNetwork, place: NamespaceHost): Promise<() => Promise<string>> {
  const said = lines(network.run(place, [process.execPath, '-e', SERVER, '7']))
  expect((await said.next()).value).toBe('ready')
  return async () => (await said.next()).value as string
}

async function dial(
  network: NatNetwork,
  from: NamespaceHost,
  options: { port: number; limit: number },
  ...places: string[]
): Promise<string[]> {
  const { port, limit } = options
  const child = network.run(from, [process.execPath, '-e', CLIENT, String(port), String(limit), ...places])
  const out: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => out.push(line))
  await once(child, 'close')
  return out
}

function namespaces(): string {
  return spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout
}

const QUICK = { port: 7001, limit: 5_000 }
/** For what should stay without an answer. */
const SILENT = { port: 0, limit: 700 }

const missing = NatNetwork.missing()

describe.skipIf(missing !== undefined)(
  `a network with NATs${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    test('shows the same port of a cone NAT to two hosts, different ones of a symmetric NAT', async () => {
      await using network = await NatNetwork.open({ publicHosts: 2, nats: ['cone', 'symmetric'] })
      const [one, two] = network.publicHosts as [NamespaceHost, NamespaceHost]
      const servers = [await serverOn(network, one), await serverOn(network, two)]
      const seen = async (host: NatHost): Promise<string[]> => {
        const places = [`${one.address}:7`, `${two.address}:7`]
        expect(await dial(network, host, QUICK, ...places)).toEqual(['connected', 'connected'])
        return Promise.all(servers.map((next) => next()))
      }
      const [cone, symmetric] = network.hosts as [NatHost, NatHost]
      const sameAs = `${cone.router.outside} 7001`
      expect(await seen(cone)).toEqual([sameAs, sameAs])
      const [first, second] = await seen(symmetric)
      expect(first?.split(' ')[0]).toBe(symmetric.router.outside)
      expect(first).not.toBe(second)
    })

    test('lets nobody in unasked, leads nowhere else, and is gone afterwards', async () => {
      let places: string[]
      {
        await using network = await NatNetwork.open({ nats: ['cone'] })
        const [open] = network.publicHosts as [NamespaceHost]
        const [host] = network.hosts as [NatHost]
        places = [open.namespace, host.namespace, host.router.namespace]
        for (const place of places) expect(namespaces()).toContain(place)
        await serverOn(network, host)
        const outside = ['127.0.0.1:7', `${host.router.outside}:7`, `${host.address}:7`, '1.1.1.1:7']
        expect((await dial(network, open, SILENT, ...outside)).toSorted()).toEqual([
          'ECONNREFUSED',
          'ENETUNREACH',
          'ENETUNREACH',
          'silence'
        ])
      }
      for (const place of places) expect(namespaces()).not.toContain(place)
    })

    test('ends with the process that made it, and so does what runs in it', async () => {
      const module = new URL('nat-network.ts', import.meta.url).href
      const script = `
      const { NatNetwork } = await import(${JSON.stringify(module)})
      const network = await NatNetwork.open({ nats: ['cone'] })
      const [host] = network.hosts
      const child = network.run(host.router, [process.execPath, '-e', 'setInterval(() => {}, 1000)'])
      child.once('spawn', () => console.log(host.router.namespace + ' ' + child.pid))
      setInterval(() => {}, 1000)`
      const { child, said } = started(script)
      const [namespace = '', pid = ''] = ((await said.next()).value as string).split(' ')
      expect(namespaces()).toContain(namespace)
      child.kill('SIGKILL')
      await expect.poll(namespaces, { timeout: 10_000 }).not.toContain(namespace)
      await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false)
    })

    test('has daemons that may call their network public, and only there', async ({ bed }) => {
      await using network = await NatNetwork.open({ nats: ['cone'] })
      const [host] = network.hosts as [NatHost]
      const env = isolatedEnvironment({ home: '/h', host })
      expect(env).toMatchObject({
        P2PSHARE_NETWORK: 'public',
        P2PSHARE_MDNS: 'false',
        P2PSHARE_LISTEN: `/ip4/${host.address}/tcp/4001`,
        P2PSHARE_BOOTSTRAP: expect.stringContaining('127.0.0.1')
      })
      const daemon = await bed.daemon('behind', { host })
      expect(daemon.ready.addresses.join()).toContain(`/ip4/${host.address}/tcp/4001`)
      expect(readlinkSync(`/proc/${daemon.pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'))
      expect((await daemon.run(['id'])).json()['peerId']).toBe(daemon.ready.peerId)
    })
  }
)

function started(script: string): { child: ChildProcess; said: AsyncIterator<string> } {
  const [program, args] = onHost(undefined, [process.execPath, '--input-type=module', '-e', script])
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  return { child, said: lines(child) }
}

function isRunning(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0)
  } catch {
    return false
  }
}
