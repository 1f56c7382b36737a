import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { NamespaceHost } from '../namespace-host.ts'
import type { NatNetwork } from './nat-network.ts'

const PROGRAM = fileURLToPath(
  new URL('../../../packages/network/test/support/relay-host.ts', import.meta.url)
)
const START_LIMIT_MS = 20_000

/** What a relay lets one connection carry, and for how many it keeps a place; js-libp2p's own limits when left out. */
export interface RelayLimits {
  /** Bytes. */
  data?: number
  /** In ms. */
  duration?: number
  places?: number
}

/**
 * Starts a relay of another make, which is a server of the Amino DHT as well, on a public host.
 * @param limits - `none`: it carries what comes
 * @returns its multiaddr
 */
export async function stockRelay(
  network: NatNetwork,
  host: NamespaceHost,
  limits: RelayLimits | 'none' = {}
): Promise<string> {
  const text = limits === 'none' ? limits : JSON.stringify(limits)
  const command = [process.execPath, PROGRAM, host.address, String(host.port ?? 4001), text]
  const child = network.run(host, command)
  child.stderr.pipe(process.stderr)
  const signal = AbortSignal.timeout(START_LIMIT_MS)
  const [line] = (await once(createInterface({ input: child.stdout }), 'line', { signal })) as [string]
  return line
}
