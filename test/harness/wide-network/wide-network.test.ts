import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { plainTcp } from './plain-tcp.ts'
import { onHost } from '../namespace-host.ts'
import { type WideHost, WideNetwork } from './wide-network.ts'

const LINE = { hosts: 2, rate: 12.5e6, rtt: 4, loss: 0, seed: 1, congestion: 'cubic' }
const KiB = 1024

function namespaces(): string {
  return spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout
}

describe.skipIf(WideNetwork.missing() !== undefined)('a network of namespaces', () => {
  test('carries what its hosts send each other, and is gone afterwards', async () => {
    let hosts: readonly WideHost[]
    {
      await using network = await WideNetwork.open(LINE)
      hosts = network.hosts
      const [from, to] = hosts as [WideHost, WideHost]
      await plainTcp({ from, to, bytes: 200 * KiB, limit: 15_000 })
      const { received, lost } = await network.traffic()
      expect(received[1]).toBeGreaterThan(200 * KiB)
      expect(received[0]).toBeLessThan(20 * KiB)
      expect(lost).toBe(0)
      expect(namespaces()).toContain(from.namespace)
    }
    for (const { namespace } of hosts) expect(namespaces()).not.toContain(namespace)
  })

  test('loses packets, and leads nowhere else', async () => {
    await using network = await WideNetwork.open({ ...LINE, loss: 0.1 })
    const [from, to] = network.hosts as [WideHost, WideHost]
    await plainTcp({ from, to, bytes: 100 * KiB, limit: 15_000 })
    expect((await network.traffic()).lost).toBeGreaterThan(0)
    const [program, args] = onHost(from, ['ip', 'route'])
    const { stdout } = spawnSync(program, args, { encoding: 'utf8' })
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^10\.77\.0\.0\/24 dev wan0 /)])
  })
})
