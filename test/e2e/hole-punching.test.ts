import { readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { natPair, seedReachable } from '../harness/nat-network/nat-pair.ts'
import { NatNetwork } from '../harness/nat-network/nat-network.ts'
import type { TestBed } from '../harness/test-bed.ts'

const MB = 1_000_000
const missing = NatNetwork.missing()
const title = `behind routers${missing === undefined ? '' : ` (${missing})`}`

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
    await using network = await natPair(bed, 'cone')
    const { seeder, fetcher } = network
    await fetched(bed, fetcher, await seedReachable(bed, seeder, 5 * MB))
    expect(await peer(fetcher, seeder)).toMatchObject({
      relayed: false,
      address: expect.stringMatching(/^\/ip4\/5\.5\.101\.2\/tcp\/\d+\/p2p\/12D3/)
    })
    expect((await peer(seeder, fetcher))?.['relayed']).toBe(false)
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

  test('a relay that carries what comes is used at once', async ({ bed }) => {
    await using network = await natPair(bed, 'symmetric', 'none')
    const { seeder, fetcher } = network
    await fetched(bed, fetcher, await seedReachable(bed, seeder, 3 * MB))
    const { relayed, carries } = (await peer(fetcher, seeder)) ?? {}
    expect({ relayed, carries }).toEqual({ relayed: true, carries: undefined })
  })
})
