import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import type { NamespaceHost } from '../harness/namespace-host.ts'
import { natPair, seedReachable } from '../harness/nat-network/nat-pair.ts'
import { type NatHost, NatNetwork } from '../harness/nat-network/nat-network.ts'
import { stockRelay } from '../harness/nat-network/stock-relay.ts'
import type { TestBed } from '../harness/test-bed.ts'

const MB = 1_000_000
const missing = NatNetwork.missing()
const title = `behind routers${missing === undefined ? '' : ` (${missing})`}`

async function fetched(bed: TestBed, fetcher: DaemonProcess, cid: string, name = 'file'): Promise<void> {
  const target = bed.path(`${name}.got`)
  const result = await fetcher.run(['fetch', cid, '-o', target, '--timeout', '90s'])
  expect(result.code, result.stderr).toBe(0)
  expect(readFileSync(target).equals(readFileSync(bed.path(name)))).toBe(true)
}

async function peer(
  daemon: DaemonProcess,
  other: DaemonProcess
): Promise<Record<string, unknown> | undefined> {
  const { peers } = (await daemon.run(['peers'])).json() as { peers: Record<string, unknown>[] }
  return peers.find(({ peerId }) => peerId === other.ready.peerId)
}

describe.skipIf(missing !== undefined)(title, () => {
  test('two that keep ports meet over a relay and go on directly', async ({ bed }) => {
    await using network = await natPair(bed, 'cone')
    const { seeder, fetcher } = network
    await fetched(bed, fetcher, await seedReachable(bed, seeder, 5 * MB))
    expect(await peer(fetcher, seeder)).toMatchObject({
      relayed: false,
      address: expect.stringMatching(/^\/ip4\/5\.5\.101\.2\/tcp\/\d+\/p2p\/12D3/)
    })
    expect((await peer(seeder, fetcher))?.['relayed']).toBe(false)
  })

  test('two that fetch from each other at the same time get one direct connection each', async ({ bed }) => {
    await using network = await natPair(bed, 'cone')
    const { seeder: one, fetcher: two } = network
    const ofOne = await seedReachable(bed, one, 2 * MB, { name: 'one' })
    const ofTwo = await seedReachable(bed, two, 2 * MB, { name: 'two' })
    await Promise.all([fetched(bed, two, ofOne, 'one'), fetched(bed, one, ofTwo, 'two')])
    expect((await peer(one, two))?.['relayed']).toBe(false)
    expect((await peer(two, one))?.['relayed']).toBe(false)
  })

  test('two that change ports go on over the relay, as far as it lets them', async ({ bed }) => {
    await using network = await natPair(bed, 'symmetric')
    const { seeder, fetcher } = network
    await fetched(bed, fetcher, await seedReachable(bed, seeder, 20_000))
    const { relayed, carries } = (await peer(fetcher, seeder)) ?? {}
    expect({ relayed }).toEqual({ relayed: true })
    expect(carries).toBeGreaterThan(0)
    expect(carries).toBeLessThan(128 * 1024)
  })

  test('what does not fit through the relay is not begun, and the reason is said', async ({ bed }) => {
    await using network = await natPair(bed, 'symmetric')
    const { seeder, fetcher } = network
    const cid = await seedReachable(bed, seeder, 5 * MB)
    const result = await fetcher.run(['fetch', cid, '-o', bed.path('got'), '--timeout', '12s'])
    expect(result.code).toBe(4)
    expect(result.stderr).toContain('can only be reached over a relay that carries no more data')
    expect((await peer(fetcher, seeder))?.['carries']).toBeGreaterThan(64 * 1024)
  })

  test('a relay that carries what comes is used at once', async ({ bed }) => {
    await using network = await natPair(bed, 'symmetric', 'none')
    const { seeder, fetcher } = network
    await fetched(bed, fetcher, await seedReachable(bed, seeder, 3 * MB))
    const { relayed, carries } = (await peer(fetcher, seeder)) ?? {}
    expect({ relayed, carries }).toEqual({ relayed: true, carries: undefined })
  })
  test('a daemon of ours is the relay where the others have no place left', async ({ bed }) => {
    await using network = await NatNetwork.open({ publicHosts: 2, nats: ['cone', 'cone'] })
    const [full, free] = network.publicHosts as [NamespaceHost, NamespaceHost]
    const crowded = await stockRelay(network, full, { places: 0 })
    const relay = await bed.daemon('relay', { host: free, bootstrap: [crowded] })
    const address = `/ip4/${free.address}/tcp/${free.port}/p2p/${relay.ready.peerId}`
    const [one, two] = network.hosts as [NatHost, NatHost]
    const bootstrap = [crowded, address]
    const seeder = await bed.daemon('seeder', { host: one, bootstrap })
    const fetcher = await bed.daemon('fetcher', { host: two, bootstrap })
    await fetched(bed, fetcher, await seedReachable(bed, seeder, 2 * MB, { relays: 1 }))
    expect((await peer(fetcher, seeder))?.['relayed']).toBe(false)
  })
})
