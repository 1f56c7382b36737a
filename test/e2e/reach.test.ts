import type { Diagnosis } from '@p2pshare/control'
import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import type { NamespaceHost } from '../harness/namespace-host.ts'
import { Miniupnpd, miniupnpdMissing } from '../harness/nat-network/miniupnpd.ts'
import { type NatHost, NatNetwork } from '../harness/nat-network/nat-network.ts'

const missing = NatNetwork.missing() ?? miniupnpdMissing()
const because = missing === undefined ? '' : ` (${missing})`

async function diagnosis(daemon: DaemonProcess): Promise<Diagnosis> {
  return (await daemon.run(['doctor'])).json() as unknown as Diagnosis
}

/** Asks the doctor until it says so. */
function until(daemon: DaemonProcess, holds: (found: Diagnosis['condition']) => boolean): Promise<Diagnosis> {
  return eventually(async () => {
    const found = await diagnosis(daemon)
    return holds(found.condition) ? found : undefined
  }, 'the doctor says so')
}

describe.skipIf(missing !== undefined)(`reached from outside${because}`, () => {
  test.for([
    { name: 'NAT-PMP', upnp: false, natPmp: true, protocol: 'nat-pmp' },
    { name: 'UPnP', upnp: true, natPmp: false, protocol: 'upnp' }
  ])('a node behind NAT by a port that its router maps over $name', async (way, { bed }) => {
    await using network = await NatNetwork.open({ publicHosts: 2, nats: ['cone'] })
    const [open, other] = network.publicHosts as [NamespaceHost, NamespaceHost]
    const [behind] = network.hosts as [NatHost]
    const { router } = behind
    const options = { config: bed.path('miniupnpd.conf'), upnp: way.upnp, natPmp: way.natPmp }
    await using upnp = await Miniupnpd.on(network, router, options)
    const first = await bed.daemon('first', { host: open })
    // It does not know yet that its address works, so it does not tell it.
    const bootstrap = `/ip4/${open.address}/tcp/4001/p2p/${first.ready.peerId}`
    const env = { P2PSHARE_PORT_MAPPING: 'true' }
    const node = await bed.daemon('node', { host: behind, bootstrap: [bootstrap], env })
    const outside = `/ip4/${router.outside}/tcp/4001`
    const found = await until(node, ({ reach }) => reach === 'direct')
    expect(found.condition.portMapping).toMatchObject({
      ...{ protocol: way.protocol, state: 'mapped', external: outside, internalPort: 4001 }
    })
    expect(found.condition.addresses[0]).toEqual({ address: outside, origin: 'mapped', verified: 'yes' })
    expect(found.usable).toBe(true)
    expect(upnp.mappings()).toContain('dnat')
    const { addresses } = (await node.run(['id'])).json() as { addresses: string[] }
    expect(addresses).toContain(`${outside}/p2p/${node.ready.peerId}`)
    const third = await bed.daemon('third', { host: other })
    const connect = await third.run(['connect', `${outside}/p2p/${node.ready.peerId}`])
    expect(connect.json()).toEqual({ peerId: node.ready.peerId })
    await node.end('SIGTERM')
    expect(upnp.mappings()).not.toContain('dnat')
  })
})
