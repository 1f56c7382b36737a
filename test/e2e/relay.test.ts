import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect } from 'vitest'
import { circuit, counted, target } from '../../packages/network/test/relay/raw-circuit.ts'
import { connectionTo, stopClients } from '../../packages/network/test/relay/relay-client.ts'
import { rawPeer, stopRawPeers } from '../../packages/network/test/support/raw-peer.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import type { NamespaceHost } from '../harness/namespace-host.ts'
import { NatNetwork } from '../harness/nat-network/nat-network.ts'

const MIB = 1024 * 1024
const STOCK_PEER = fileURLToPath(new URL('../../packages/network/test/relay/stock-peer.ts', import.meta.url))

/** The first line of a process, as JSON. */
async function said(
  child: ChildProcessByStdio<Writable, Readable, Readable>
): Promise<Record<string, unknown>> {
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  if (value === undefined) throw new Error(`it said nothing; ${errors.slice(-2000)}`)
  return JSON.parse(String(value)) as Record<string, unknown>
}

/** Where a daemon on a public host can be dialled, which it does not tell before somebody has tried. */
function addressOf({ address, port = 0 }: NamespaceHost, { ready }: DaemonProcess): string {
  return `/ip4/${address}/tcp/${port}/p2p/${ready.peerId}`
}

afterEach(async () => {
  await stopRawPeers()
  await stopClients()
})

describe('a daemon as relay', () => {
  test('is switched on by one command, stays on, and counts what it carries against its budget', async ({
    bed
  }) => {
    const daemon = await bed.daemon('relay')
    const before = (await daemon.run(['relay', 'status'])).json()
    expect(before).toMatchObject({ choice: 'auto', mode: 'off', maxPlaces: 0 })
    const on = await daemon.run(['relay', '--budget', '8MiB/month', '--places', '10'])
    expect(on.json()).toMatchObject({
      mode: 'data',
      maxPlaces: 10,
      budget: { bytes: 8 * MIB, left: 8 * MIB }
    })

    const [address = ''] = daemon.multiaddrs
    const goal = await target(address)
    const { near, far } = await circuit(await connectionTo(await rawPeer(), address), goal)
    const there = counted(far)
    near.send(new Uint8Array(MIB))
    await eventually(() => (there.bytes === MIB ? true : undefined), 'all of it has arrived')
    const during = (await daemon.run(['relay', 'status'])).json()
    expect(during).toMatchObject({ places: 1, memberPlaces: 0, circuits: 1, carried: MIB })
    const words = await daemon.begin(['relay', 'status']).ended
    expect(words.stdout).toContain('8.0 MiB a month: 1.0 MiB used this month, 7.0 MiB left')

    await daemon.end('SIGTERM')
    await daemon.start()
    const after = (await daemon.run(['relay', 'status'])).json()
    expect(after).toMatchObject({ mode: 'data', carried: 0, budget: { spent: MIB, left: 7 * MIB } })
    expect((await daemon.run(['relay', 'off'])).json()).toMatchObject({ mode: 'off', places: 0 })
  })

  test('with its budget used up carries signals only, and says so', async ({ bed }) => {
    const daemon = await bed.daemon('relay', {
      env: { P2PSHARE_RELAY: 'data', P2PSHARE_RELAY_BUDGET: '1MiB/day' }
    })
    const [address = ''] = daemon.multiaddrs
    // One peer may use a quarter of it, so it takes some.
    for (let i = 0; i < 4; i++) {
      const goal = await target(address)
      const { near } = await circuit(await connectionTo(await rawPeer(), address), goal)
      near.send(new Uint8Array(MIB))
      await eventually(() => (near.status === 'open' ? undefined : true), 'the relay ended it')
    }
    const status = (await daemon.run(['relay', 'status'])).json()
    expect(status).toMatchObject({
      mode: 'signals',
      choice: 'data',
      budget: { left: 0 },
      ended: { budget: 4 }
    })
    expect(status['text']).toMatch(/^The budget of 1.0 MiB a day is used up; only signals are relayed until /)
    const goal = await target(address)
    await circuit(await connectionTo(await rawPeer(), address), goal)
    expect(goal.told[0]).toMatchObject({ data: 128 * 1024, seconds: 120 })
  })

  test.each([
    ['P2PSHARE_RELAY', 'everything', 'P2PSHARE_RELAY is not valid: write auto, off, signals or data'],
    ['P2PSHARE_RELAY_BUDGET', '10GiB/week', 'P2PSHARE_RELAY_BUDGET is not valid: not a budget'],
    ['P2PSHARE_RELAY_RATE', 'fast', 'P2PSHARE_RELAY_RATE is not valid: not a rate'],
    ['P2PSHARE_RELAY_PLACES', '0', 'P2PSHARE_RELAY_PLACES is not valid: write 1 to 1000']
  ])('%s=%s is refused with a word', async (name, value, words) => {
    const { TestBed } = await import('../harness/test-bed.ts')
    await using bed = new TestBed()
    await expect(bed.daemon('relay', { env: { [name]: value } })).rejects.toThrow(words)
  })
})

describe('behind no router', () => {
  const missing = NatNetwork.missing()

  test.skipIf(missing !== undefined)(
    `a daemon relays signals by itself, one behind a router does not${missing === undefined ? '' : `: ${missing}`}`,
    async ({ bed }) => {
      await using network = await NatNetwork.open({ nats: ['cone'] })
      const [open] = network.publicHosts
      const [hidden] = network.hosts
      if (open === undefined || hidden === undefined) throw new Error('two hosts')
      const relay = await bed.daemon('relay', { host: open })
      const other = await bed.daemon('other', { host: hidden, bootstrap: [addressOf(open, relay)] })
      expect((await relay.run(['relay', 'status'])).json()).toMatchObject({ mode: 'signals', maxPlaces: 32 })
      expect((await other.run(['relay', 'status'])).json()).toMatchObject({ mode: 'off', choice: 'auto' })
    }
  )

  test.skipIf(missing !== undefined)(
    `two peers of another program, behind a router each, talk over a daemon that nobody set up${missing === undefined ? '' : `: ${missing}`}`,
    async ({ bed }) => {
      await using network = await NatNetwork.open({ nats: ['symmetric', 'symmetric'] })
      const [open] = network.publicHosts
      const [one, two] = network.hosts
      if (open === undefined || one === undefined || two === undefined) throw new Error('three hosts')
      const relay = await bed.daemon('relay', { host: open })
      const address = addressOf(open, relay)
      const listening = await said(network.run(one, [process.execPath, STOCK_PEER, 'listen', address]))
      const goal = String(listening['address'])
      const answer = await said(network.run(two, [process.execPath, STOCK_PEER, 'dial', goal, '50000']))
      expect(answer).toMatchObject({ back: 50_000, over: goal })
      const status = (await relay.run(['relay', 'status'])).json()
      expect(status).toMatchObject({ mode: 'signals', places: 1, relayed: 1 })
      expect(status['carried']).toBeGreaterThan(100_000)
    }
  )
})
