import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import { NatNetwork } from '../harness/nat-network/nat-network.ts'
import type { NatBehaviour } from '../harness/nat-network/topology.ts'
import type { TestBed } from '../harness/test-bed.ts'

const MB = 1_000_000
const missing = NatNetwork.missing()

/** Two daemons behind a router each, and a third that both can reach; the file is fetched with nothing but a link. */
interface Trio {
  relay: DaemonProcess
  /** Fetches and compares. @returns what the fetcher says of its connection to the seeder */
  fetched(size: number): Promise<Record<string, unknown> | undefined>
}

async function trio(
  bed: TestBed,
  network: NatNetwork,
  env: Readonly<Record<string, string>> = {}
): Promise<Trio> {
  const [open] = network.publicHosts
  const [one, two] = network.hosts
  if (open === undefined || one === undefined || two === undefined) throw new Error('three hosts')
  const relay = await bed.daemon('relay', { host: open, env })
  const bootstrap = [`/ip4/${open.address}/tcp/${open.port ?? 0}/p2p/${relay.ready.peerId}`]
  const [seeder, fetcher] = await Promise.all([
    bed.daemon('seeder', { host: one, bootstrap }),
    bed.daemon('fetcher', { host: two, bootstrap })
  ])
  const fetched: Trio['fetched'] = async (size) => {
    writeFileSync(bed.path('file'), randomBytes(size))
    const cid = String((await seeder.run(['seed', bed.path('file')])).json()['cid'])
    const circuits = await eventually(async () => {
      const { addresses } = (await seeder.run(['status'])).json() as { addresses: string[] }
      const relayed = addresses.filter((address) => address.includes('/p2p-circuit'))
      return relayed.length > 0 ? relayed : undefined
    }, 'the seeder has a place')
    const link = `p2pshare:${cid}?${circuits.map((each) => `peer=${encodeURIComponent(each)}`).join('&')}`
    const result = await fetcher.run(['fetch', link, '-o', bed.path('got'), '--timeout', '60s'])
    expect(result.code, result.stderr).toBe(0)
    expect(readFileSync(bed.path('got')).equals(readFileSync(bed.path('file')))).toBe(true)
    const { peers } = (await fetcher.run(['peers'])).json() as { peers: Record<string, unknown>[] }
    return peers.find(({ peerId }) => peerId === seeder.ready.peerId)
  }
  return { relay, fetched }
}

const behind = (behaviour: NatBehaviour): Promise<NatNetwork> =>
  NatNetwork.open({ nats: [behaviour, behaviour] })

describe.skipIf(missing !== undefined)(
  `over a daemon that others can reach${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    test('signals alone, which it relays by itself, are enough to find a direct way', async ({ bed }) => {
      await using network = await behind('cone')
      const { relay, fetched } = await trio(bed, network)
      expect(await fetched(5 * MB)).toMatchObject({ relayed: false })
      const status = (await relay.run(['relay', 'status'])).json()
      expect(status).toMatchObject({ mode: 'signals', relayed: 1 })
      expect(status['carried']).toBeLessThan(64 * 1024)
    })

    test('where there is none, it carries data as much as its budget has', async ({ bed }) => {
      await using network = await behind('symmetric')
      const { relay, fetched } = await trio(bed, network, {
        P2PSHARE_RELAY: 'data',
        P2PSHARE_RELAY_BUDGET: '1GB/month'
      })
      expect(await fetched(5 * MB)).toMatchObject({ relayed: true })
      const { budget } = (await relay.run(['relay', 'status'])).json() as { budget: { spent: number } }
      expect(budget.spent).toBeGreaterThan(5 * MB)
    })
  }
)
