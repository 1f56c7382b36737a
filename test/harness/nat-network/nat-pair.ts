import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { DaemonProcess } from '../daemon-process.ts'
import { eventually } from '../eventually.ts'
import type { NamespaceHost } from '../namespace-host.ts'
import type { TestBed } from '../test-bed.ts'
import { type NatHost, NatNetwork } from './nat-network.ts'
import { type RelayLimits, stockRelay } from './stock-relay.ts'
import type { NatBehaviour } from './topology.ts'

/** Two daemons behind a router each, who know two public relays and nobody else. */
export interface NatPair extends AsyncDisposable {
  seeder: DaemonProcess
  fetcher: DaemonProcess
  relays: string[]
}

/** Makes {@link NatPair}: namespaces, relays and daemons. Disposing removes the namespaces; the daemons are the bed's. */
export async function natPair(
  bed: TestBed,
  behaviour: NatBehaviour,
  limits?: RelayLimits | 'none',
  env?: Record<string, string>
): Promise<NatPair> {
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
export async function seedReachable(
  bed: TestBed,
  seeder: DaemonProcess,
  size: number,
  { name = 'file', relays = 2 }: { name?: string; relays?: number } = {}
): Promise<string> {
  writeFileSync(bed.path(name), randomBytes(size))
  const { cid } = (await seeder.run(['seed', bed.path(name)])).json()
  await eventually(async () => {
    const { addresses } = (await seeder.run(['status'])).json() as { addresses: string[] }
    if (addresses.filter((address) => address.includes('/p2p-circuit')).length < relays) return undefined
    const { announced } = (await seeder.run(['status', cid as string])).json() as {
      announced?: { announced: number }
    }
    return announced !== undefined && announced.announced > 0 ? true : undefined
  }, 'the seeder has places at its relays and has announced itself')
  return cid as string
}
