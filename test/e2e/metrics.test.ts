import { expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { fetchTo, seedPath } from '../harness/shares.ts'

const SIZE = 3 * 1024 * 1024

async function metric(daemon: DaemonProcess, name: string): Promise<number> {
  const { code, stdout, stderr } = await daemon.run(['metrics'])
  expect(code, stderr).toBe(0)
  const { text } = JSON.parse(stdout) as { text: string }
  const value = text.split('\n').find((line) => line.startsWith(`${name} `))
  if (value === undefined) throw new Error(`no ${name} in ${text}`)
  return Number(value.slice(name.length + 1))
}

test('metrics tell what went from one daemon to the other, and forget none of it with the share', async ({
  bed
}) => {
  await writeRandomFile(bed.path('file.bin'), SIZE, 5)
  const seeder = await bed.daemon('seeder')
  const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
  const { cid } = await seedPath(seeder, bed.path('file.bin'))
  await fetchTo(fetcher, cid, bed.path('fetched.bin'))
  expect(await metric(fetcher, 'p2pshare_received_bytes_total')).toBeGreaterThanOrEqual(SIZE)
  expect(await metric(fetcher, 'p2pshare_shares{state="seeding"}')).toBe(1)
  expect(await metric(fetcher, 'p2pshare_connected_peers')).toBeGreaterThanOrEqual(1)
  expect((await fetcher.run(['remove', cid])).code).toBe(0)
  expect(await metric(fetcher, 'p2pshare_shares{state="seeding"}')).toBe(0)
  expect(await metric(fetcher, 'p2pshare_received_bytes_total')).toBeGreaterThanOrEqual(SIZE)
  const { stdout } = await seeder.run(['metrics'])
  expect(stdout).not.toContain(fetcher.ready.peerId)
  expect(stdout).not.toContain(cid)
})
