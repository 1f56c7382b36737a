import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { memoryValues } from '../support/memory-values.ts'
import {
  findFirst,
  makeNode,
  publication,
  recordingLog,
  startNode,
  stopAll,
  stopNode,
  until
} from '../support/nodes.ts'

afterEach(stopAll)

const signal = (): AbortSignal => AbortSignal.timeout(10_000)

test('identity and peers outlive a restart, without the bootstrap', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'p2pshare-node-'))
  try {
    const bootstrap = await startNode()
    const seeder = await startNode({ bootstrap: bootstrap.network.addresses() })
    const values = memoryValues()
    const options = { keyFile: join(folder, 'key'), values }
    const first = await startNode({ ...options, bootstrap: bootstrap.network.addresses() })
    await until(
      () => first.network.peers().some((each) => each.peer === seeder.network.self),
      'it knows the seeder'
    )
    const share = publication('kept')
    seeder.directory.publish(share)
    await findFirst(first.directory, share.root)
    await stopNode(first)
    await stopNode(bootstrap)
    const second = await startNode(options)
    expect(second.network.self).toBe(first.network.self)
    expect((await findFirst(second.directory, share.root))?.peer).toBe(seeder.network.self)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a port in use is named', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  try {
    const node = await makeNode({ listen: [`/ip4/127.0.0.1/tcp/${port}`] })
    await expect(node.network.start()).rejects.toMatchObject({
      code: 'network.port-in-use',
      message: expect.stringContaining(String(port))
    })
  } finally {
    server.close()
  }
})

test('addresses that are none are refused before anything starts', async () => {
  await expect(makeNode({ listen: ['here'] })).rejects.toMatchObject({ code: 'network.bad-address' })
  await expect(makeNode({ bootstrap: ['/ip4/127.0.0.1/tcp/1'] })).rejects.toMatchObject({
    code: 'network.bad-address'
  })
  const node = await startNode()
  await expect(node.network.connect('nonsense', signal())).rejects.toMatchObject({
    code: 'network.bad-address'
  })
})

test('members of a private network find each other; strangers with no or another key get nothing', async () => {
  const network = { kind: 'private', key: new Uint8Array(32).fill(1), name: 'family' } as const
  const one = await startNode({ network })
  const two = await startNode({ network, bootstrap: one.network.addresses() })
  const share = publication('secret')
  one.directory.publish(share)
  const found = await findFirst(two.directory, share.root)
  expect(found).toMatchObject({ peer: one.network.self, source: 'private-dht' })
  const address = one.network.addresses()[0] ?? ''
  const other = { kind: 'private', key: new Uint8Array(32).fill(2), name: 'family' } as const
  for (const stranger of [await startNode(), await startNode({ network: other })]) {
    await expect(stranger.network.connect(address, signal())).rejects.toMatchObject({
      code: 'network.dial-failed'
    })
  }
  expect(one.network.peers().map((each) => each.peer)).toEqual([two.network.self])
})

test('the local network dials nothing beyond the LAN, and leaves such bootstrap peers out', async () => {
  const log = recordingLog()
  const id = '12D3KooWHpVouE4N2gdUks8VmDEr8iepXVAjBWzddqXeCvwH5h5x'
  const node = await startNode({
    log,
    bootstrap: [`/ip4/8.8.8.8/tcp/4001/p2p/${id}`, `/dnsaddr/bootstrap.example/p2p/${id}`]
  })
  expect(log.lines.filter((line) => line.includes('left out'))).toHaveLength(2)
  await expect(node.network.connect(`/ip4/8.8.8.8/tcp/4001/p2p/${id}`, signal())).rejects.toMatchObject({
    code: 'network.dial-denied'
  })
})

test('a peer that is not admitted is neither dialled nor accepted, and can be cut off', async () => {
  const one = await startNode()
  const two = await startNode()
  const address = two.network.addresses()[0] ?? ''
  expect(await one.network.connect(address, signal())).toBe(two.network.self)
  await until(() => one.network.peers()[0]?.agent === 'p2pshare-test/1', 'the peer said what it is')
  one.network.setAdmission((peer) => peer !== two.network.self)
  await one.network.disconnect(two.network.self)
  await until(() => two.network.peers().length === 0, 'it is cut off')
  await expect(one.network.connect(address, signal())).rejects.toMatchObject({ code: 'network.dial-denied' })
  await two.network.connect(one.network.addresses()[0] ?? '', signal()).catch(() => undefined)
  await until(() => one.network.peers().length === 0 && two.network.peers().length === 0, 'it is not let in')
})

test('an aborted or impossible dial says so', async () => {
  const node = await startNode()
  const gone = await startNode()
  const address = gone.network.addresses()[0] ?? ''
  await stopNode(gone)
  await expect(node.network.connect(address, signal())).rejects.toMatchObject({ code: 'network.dial-failed' })
  await expect(node.network.connect(address, AbortSignal.abort())).rejects.toMatchObject({
    code: 'network.aborted'
  })
})

test('a bootstrap peer that comes late is found by trying again', async () => {
  const placeholder = await startNode()
  const address = placeholder.network.addresses()[0] ?? ''
  const values = memoryValues()
  await stopNode(placeholder)
  const folder = mkdtempSync(join(tmpdir(), 'p2pshare-late-'))
  try {
    const port = address.split('/')[4]
    const key = { keyFile: join(folder, 'key') }
    const once = await makeNode(key)
    const late = `/ip4/127.0.0.1/tcp/${port}/p2p/${once.network.self}`
    const log = recordingLog()
    const node = await startNode({ bootstrap: [late], log })
    await until(() => log.lines.some((line) => line.includes('could not connect')), 'the first try failed')
    await startNode({ ...key, values, listen: [`/ip4/127.0.0.1/tcp/${port}`] })
    await until(() => node.network.peers().length === 1, 'they met', 15_000)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('stops within 4 s with connections open', async () => {
  const one = await startNode()
  const two = await startNode({ bootstrap: one.network.addresses() })
  await until(() => two.network.peers().length === 1, 'connected')
  const began = performance.now()
  await stopNode(one)
  expect(performance.now() - began).toBeLessThan(4500)
})

test('TLS is used where both prefer it, noise elsewhere; a private network refuses it', async () => {
  const [one, two, plain] = [
    await startNode({ encryption: 'tls' }),
    await startNode({ encryption: 'tls' }),
    await startNode()
  ]
  await two.network.connect(one.network.addresses()[0] ?? '', signal())
  await plain.network.connect(one.network.addresses()[0] ?? '', signal())
  await until(() => one.network.peers().length === 2, 'both are connected')
  const seen = new Map(one.network.peers().map(({ peer, encryption }) => [peer, encryption]))
  expect([seen.get(two.network.self), seen.get(plain.network.self)]).toEqual(['tls', 'noise'])
  const network = { kind: 'private', key: new Uint8Array(32).fill(1), name: 'family' } as const
  await expect(makeNode({ network, encryption: 'tls' })).rejects.toMatchObject({
    code: 'network.tls-in-private-network',
    fault: 'user'
  })
})
