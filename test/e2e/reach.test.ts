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

  test('a router that is restarted has forgotten the port: it is asked again', async ({ bed }) => {
    await using network = await NatNetwork.open({ publicHosts: 0, nats: ['cone'] })
    const [behind] = network.hosts as [NatHost]
    const options = { config: bed.path('miniupnpd.conf'), upnp: true, natPmp: true }
    await using router = await Miniupnpd.on(network, behind.router, options)
    const env = { P2PSHARE_PORT_MAPPING: 'true' }
    const node = await bed.daemon('node', { host: behind, env })
    await until(node, ({ portMapping }) => portMapping.state === 'mapped')
    await router.kill()
    await router.start()
    expect(router.mappings()).not.toContain('dnat')
    // A router that does not say so is asked again within two minutes all the same.
    await eventually(() => {
      router.tellHosts()
      return router.mappings().includes('dnat') ? true : undefined
    }, 'mapped again')
  })
})

const noNats = NatNetwork.missing()

describe.skipIf(noNats !== undefined)(
  `not reached from outside${noNats === undefined ? '' : ` (${noNats})`}`,
  () => {
    test('tells nobody addresses that do not work, is no DHT server, and says what to do', async ({
      bed
    }) => {
      await using network = await NatNetwork.open({ publicHosts: 2, nats: ['cone'] })
      // With a place at a relay it would be reached that way.
      const noRelay = { P2PSHARE_RELAY: 'off' }
      const [open, other] = network.publicHosts as [NamespaceHost, NamespaceHost]
      const [behind] = network.hosts as [NatHost]
      const first = await bed.daemon('first', { host: open, env: noRelay })
      const bootstrap = [`/ip4/${open.address}/tcp/4001/p2p/${first.ready.peerId}`]
      const third = await bed.daemon('third', { host: other, bootstrap, env: noRelay })
      const both = [...bootstrap, `/ip4/${other.address}/tcp/4001/p2p/${third.ready.peerId}`]
      const node = await bed.daemon('node', { host: behind, bootstrap: both })
      const found = await until(node, ({ reach }) => reach === 'none')
      expect(found.usable).toBe(false)
      const outside = `/ip4/${behind.router.outside}/tcp/4001`
      expect(found.condition.addresses).toContainEqual({
        address: outside,
        origin: 'observed',
        verified: 'no'
      })
      expect(found.condition.dhts).toContainEqual(
        expect.objectContaining({ source: 'amino-dht', mode: 'client' })
      )
      const { addresses } = (await node.run(['id'])).json() as { addresses: string[] }
      expect(addresses.join()).not.toContain(behind.router.outside)
      const words = await node.begin(['doctor']).ended
      expect(words.code).toBe(1)
      expect(words.stdout).toContain('→ Let the router forward the TCP port')
      // Those who dialled for it know their own addresses by then, and are servers.
      const reached = await until(first, ({ reach }) => reach === 'direct')
      expect(reached.condition.addresses[0]).toEqual({
        ...{ address: `/ip4/${open.address}/tcp/4001`, origin: 'listen', verified: 'yes' }
      })
      expect(reached.condition.dhts).toContainEqual(
        expect.objectContaining({ source: 'amino-dht', mode: 'server' })
      )
    })
  }
)

describe('on this machine', () => {
  test('doctor in network "local": usable, and without a daemon exit code 3', async ({ bed }) => {
    const first = await bed.daemon('first')
    const node = await bed.daemon('node', { bootstrap: [first] })
    await until(node, ({ bootstrap }) => bootstrap.connected === 1)
    const found = await node.run(['doctor'])
    expect([found.code, found.json()['usable']]).toEqual([0, true])
    const { portMapping } = found.json()['condition'] as Diagnosis['condition']
    expect(portMapping.state).toBe('off')
    await node.end('SIGTERM')
    const down = await node.run(['doctor'])
    expect([down.code, down.json()['running']]).toEqual([3, false])
  })

  test('first peers that are all dead: said with the reason, and exit code 1', async ({ bed }) => {
    const dead = '/ip4/127.0.0.1/tcp/9/p2p/12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2'
    const node = await bed.daemon('node', { bootstrap: [dead] })
    await until(node, ({ bootstrap }) => bootstrap.text !== undefined)
    const { code, stdout } = await node.begin(['doctor']).ended
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /PROBLEM +bootstrap +None of 1 first peer can be reached. The last failure: .*ECONNREFUSED/
    )
  })
})
