import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import { logLines } from '../harness/log-lines.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, detailOf, seedPath, shareWhen } from '../harness/shares.ts'
import { VethHosts } from '../harness/veth-hosts.ts'

const MIB = 1024 * 1024
/** Longer than what counts as a sleep; `npm run bench -- sleep` stops for two minutes. */
const STOP_MS = 6000
const missing = VethHosts.missing()

async function status(
  daemon: DaemonProcess
): Promise<{ peers: number; warnings: string[]; addresses: string[] }> {
  return clientOf(daemon).status()
}

function peersOf(daemon: DaemonProcess, count: number, limitMs?: number): Promise<true> {
  const look = async (): Promise<true | undefined> =>
    (await status(daemon)).peers === count ? true : undefined
  return eventually(look, `${daemon.options.name} has ${count} peers`, limitMs)
}

function struck(daemons: readonly DaemonProcess[]): string[] {
  return daemons
    .flatMap(logLines)
    .flatMap(({ msg }) => (/banned|misbehaved|broke a rule/.test(msg) ? [msg] : []))
}

test('a daemon that stood still in a transfer goes on; nobody is blamed for it', async ({ bed }) => {
  await writeRandomFile(bed.path('file.bin'), 48 * MIB, 1)
  const seeder = await bed.daemon('seeder')
  const fetcher = await bed.daemon('fetcher', {
    bootstrap: [seeder],
    env: { P2PSHARE_DOWN: '4MB/s', P2PSHARE_INCLUDE_LAN: 'true' }
  })
  const { cid } = await seedPath(seeder, bed.path('file.bin'))
  const fetching = fetcher.begin(['fetch', cid, '-o', bed.path('fetched.bin'), '--json'])
  await shareWhen(fetcher, cid, ({ done }) => done > 0, 'fetches')
  process.kill(fetcher.pid, 'SIGSTOP')
  try {
    await after(STOP_MS)
  } finally {
    process.kill(fetcher.pid, 'SIGCONT')
  }
  await eventually(() => logLines(fetcher).find(({ msg }) => msg.startsWith('stood still')), 'it noticed')
  await clientOf(fetcher).limit({ down: null })
  expect((await fetching.ended).code).toBe(0)
  expect(await compareTrees(bed.path('file.bin'), bed.path('fetched.bin'))).toEqual([])
  expect(struck([seeder, fetcher])).toEqual([])
})

test('bound to an interface that is not there, the daemon does not start: exit code 3', async ({ bed }) => {
  const home = bed.prepare('home')
  const { child, ended } = home.begin(
    ['daemon', 'run', '--bind', 'none-such0', '--listen', '/ip4/0.0.0.0/tcp/0'],
    {
      cwd: bed.root
    }
  )
  await once(child, 'exit')
  const { code, stderr } = await ended
  expect(code).toBe(3)
  expect(stderr).toContain('none-such0')
})

describe.skipIf(missing !== undefined)(
  `with interfaces of its own${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    test('a pulled cable ends connections at once; with it back the node listens, and the transfer goes on', async ({
      bed
    }) => {
      using cable = new VethHosts()
      const [one, two] = cable.hosts
      await writeRandomFile(bed.path('file.bin'), 48 * MIB, 2)
      const seeder = await bed.daemon('seeder', { host: one })
      const fetcher = await bed.daemon('fetcher', {
        host: two,
        bootstrap: [seeder],
        env: { P2PSHARE_DOWN: '2MB/s', P2PSHARE_INCLUDE_LAN: 'true' }
      })
      const { cid } = await seedPath(seeder, bed.path('file.bin'))
      const fetching = fetcher.begin(['fetch', cid, '-o', bed.path('fetched.bin'), '--json'])
      await shareWhen(fetcher, cid, ({ done }) => done > 0, 'fetches')
      const { addresses } = await status(fetcher)
      cable.ip(two, ['link', 'set', VethHosts.device, 'down'])
      await peersOf(fetcher, 0, 10_000)
      await eventually(
        async () => ((await status(fetcher)).addresses.length === 0 ? true : undefined),
        'not listening'
      )
      expect((await status(fetcher)).warnings).toEqual([expect.stringContaining('Not listening on')])
      const { done } = await detailOf(fetcher, cid)
      cable.ip(two, ['link', 'set', VethHosts.device, 'up'])
      await eventually(
        async () => ((await status(fetcher)).addresses.join() === addresses.join() ? true : undefined),
        'it listens where it did'
      )
      await shareWhen(fetcher, cid, (now) => now.done > done, 'goes on')
      await clientOf(fetcher).limit({ down: null })
      expect((await fetching.ended).code).toBe(0)
      expect(struck([seeder, fetcher])).toEqual([])
    })

    test('a bound daemon sends nothing by another way while its interface is gone, and comes back', async ({
      bed
    }) => {
      using cable = new VethHosts()
      const [one, two] = cable.hosts
      const other = await bed.daemon('other', { host: one })
      const bound = await bed.daemon('bound', {
        host: { ...two, address: '0.0.0.0' },
        bootstrap: [other],
        env: { P2PSHARE_BIND: VethHosts.device }
      })
      expect(bound.ready.addresses.every((address) => address.startsWith(`/ip4/${two.address}/`))).toBe(true)
      await peersOf(bound, 1)
      // From now on a way to the other leads by the second cable.
      cable.ip(two, ['link', 'set', VethHosts.device, 'down'])
      cable.ip(two, ['route', 'add', 'default', 'dev', VethHosts.spare])
      await peersOf(bound, 0, 10_000)
      const [before, address] = [cable.sent(two, VethHosts.spare), other.multiaddrs[0] ?? '']
      expect((await status(bound)).warnings).toEqual([expect.stringContaining(VethHosts.device)])
      expect((await bound.run(['connect', address])).code).not.toBe(0)
      expect(cable.sent(two, VethHosts.spare)).toBe(before)
      cable.ip(two, ['route', 'del', 'default', 'dev', VethHosts.spare])
      cable.ip(two, ['link', 'set', VethHosts.device, 'up'])
      await peersOf(bound, 1)
      expect((await status(bound)).warnings).toEqual([])
    })
  }
)
