import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import type { NamespaceHost } from '../harness/namespace-host.ts'
import { type NatHost, NatNetwork } from '../harness/nat-network/nat-network.ts'
import { type RelayLimits, stockRelay } from '../harness/nat-network/stock-relay.ts'
import type { NatBehaviour } from '../harness/nat-network/topology.ts'
import type { TestBed } from '../harness/test-bed.ts'

const MB = 1_000_000
const missing = NatNetwork.missing()
const title = `behind routers${missing === undefined ? '' : ` (${missing})`}`

/** Two daemons behind a router each, who know two public relays and nobody else. */
interface Pair extends AsyncDisposable {
  seeder: DaemonProcess
  fetcher: DaemonProcess
  relays: string[]
}

async function pair(
  bed: TestBed,
  behaviour: NatBehaviour,
  limits?: RelayLimits | 'none',
  env?: Record<string, string>
): Promise<Pair> {
  const network = await NatNetwork.open({ publicHosts: 2, nats: [behaviour, behaviour] })
  try {
    const hosts = network.publicHosts as [NamespaceHost, NamespaceHost]
    const relays = await Promise.all(hosts.map((host) => stockRelay(network, host, limits)))
    const [one, two] = network.hosts as [NatHost, NatHost]
    const common = { bootstrap: relays, ...(env === undefined ? {} : { env }) }
    const [seeder, fetcher] = await Promise.all([
      bed.daemon('seeder', { host: one, ...common }),
      bed.daemon('fetcher', { host: two, ...common })
    ])
    return { seeder, fetcher, relays, [Symbol.asyncDispose]: () => network[Symbol.asyncDispose]() }
  } catch (error) {
    await network[Symbol.asyncDispose]()
    throw error
  }
}

/** Seeds a file of random bytes, and waits until others are told where the seeder can be reached. */
async function seed(bed: TestBed, seeder: DaemonProcess, size: number): Promise<string> {
  writeFileSync(bed.path('file'), randomBytes(size))
  const { cid } = (await seeder.run(['seed', bed.path('file')])).json()
  await eventually(async () => {
    const { addresses } = (await seeder.run(['status'])).json() as { addresses: string[] }
    if (addresses.filter((address) => address.includes('/p2p-circuit')).length < 2) return undefined
    const { announced } = (await seeder.run(['status', cid as string])).json() as {
      announced?: { announced: number }
    }
    return announced !== undefined && announced.announced > 0 ? true : undefined
  }, 'the seeder has places at two relays and has announced itself')
  return cid as string
}

async function fetched(bed: TestBed, fetcher: DaemonProcess, cid: string): Promise<void> {
  const result = await fetcher.run(['fetch', cid, '-o', bed.path('got'), '--timeout', '90s'])
  expect(result.code, result.stderr).toBe(0)
  expect(readFileSync(bed.path('got')).equals(readFileSync(bed.path('file')))).toBe(true)
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
    await using network = await pair(bed, 'cone')
    const { seeder, fetcher } = network
    await fetched(bed, fetcher, await seed(bed, seeder, 5 * MB))
    expect(await peer(fetcher, seeder)).toMatchObject({
      relayed: false,
      address: expect.stringMatching(/^\/ip4\/5\.5\.101\.2\/tcp\/\d+\/p2p\/12D3/)
    })
    expect((await peer(seeder, fetcher))?.['relayed']).toBe(false)
  })

  test('two that change ports go on over the relay, as far as it lets them', async ({ bed }) => {
    await using network = await pair(bed, 'symmetric')
    const { seeder, fetcher } = network
    await fetched(bed, fetcher, await seed(bed, seeder, 20_000))
    const { relayed, carries } = (await peer(fetcher, seeder)) ?? {}
    expect({ relayed }).toEqual({ relayed: true })
    expect(carries).toBeGreaterThan(0)
    expect(carries).toBeLessThan(128 * 1024)
  })

  test('a relay that carries what comes is used at once', async ({ bed }) => {
    await using network = await pair(bed, 'symmetric', 'none')
    const { seeder, fetcher } = network
    await fetched(bed, fetcher, await seed(bed, seeder, 3 * MB))
    const { relayed, carries } = (await peer(fetcher, seeder)) ?? {}
    expect({ relayed, carries }).toEqual({ relayed: true, carries: undefined })
  })
})
