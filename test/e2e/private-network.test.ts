import { readFileSync, statSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { fetchTo } from '../harness/shares.ts'
import type { TestBed } from '../harness/test-bed.ts'

/** Makes a network's key file with the command, as its founder does. */
async function createKey(bed: TestBed, name: string): Promise<string> {
  const path = bed.path(`${name}.key`)
  const founder = bed.prepare('founder')
  bed.folder('homes', 'founder')
  const made = await founder.run(['network', 'create', name, '-o', path])
  expect(made.json()).toEqual({ name, path })
  return path
}

const peersOf = async (daemon: DaemonProcess): Promise<string[]> =>
  ((await daemon.run(['peers'])).json() as { peers: { peerId: string }[] }).peers.map((each) => each.peerId)

describe.for([{ pnet: 'false' }, { pnet: 'true' }])('a private network, pnet=$pnet', ({ pnet }) => {
  test('carries shares among its members; who has another key, or none, gets nothing', async ({ bed }) => {
    const key = await createKey(bed, 'family')
    const other = await createKey(bed, 'strangers')
    const source = bed.path('source.bin')
    await writeRandomFile(source, 6 * 1024 * 1024 + 1, 11)
    const env = { P2PSHARE_PNET: pnet }
    const member = { privateNetwork: key, env }
    const seeder = await bed.daemon('seeder', member)
    const cid = String((await seeder.run(['seed', source])).json()['cid'])
    const friend = await bed.daemon('friend', { ...member, bootstrap: [seeder] })
    const target = bed.path('target.bin')
    await fetchTo(friend, cid, target, '60s')
    expect(await compareTrees(source, target)).toEqual([])
    for (const [name, options] of [
      ['wrong', { privateNetwork: other, env }],
      ['open', {}]
    ] as const) {
      const outsider = await bed.daemon(name, { ...options, bootstrap: [seeder, friend] })
      const connected = await outsider.run(['connect', seeder.multiaddrs[0] ?? ''])
      expect(connected.code).toBe(1)
      const fetched = await outsider.run(['fetch', cid, '-o', bed.path(`${name}.bin`), '--timeout', '2s'])
      expect(fetched.code).toBe(4)
      expect(await peersOf(outsider)).toEqual([])
    }
    expect((await peersOf(seeder)).sort()).toEqual([friend.ready.peerId])
  })
})

test('a key is made once, handed on as a file, and used by its name', async ({ bed }) => {
  const key = await createKey(bed, 'club')
  expect(statSync(key).mode & 0o777).toBe(0o600)
  const again = await bed.prepare('founder').run(['network', 'create', 'club', '-o', key])
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('never overwritten')])
  const daemon = bed.prepare('joiner', { privateNetwork: 'club' })
  bed.folder('homes', 'joiner')
  const early = await daemon.run(['daemon', 'run'])
  expect([early.code, early.stderr]).toEqual([
    3,
    expect.stringContaining('is no private network of this home')
  ])
  const added = (await daemon.run(['network', 'add', key])).json() as { path: string }
  expect(readFileSync(added.path, 'utf8')).toBe(readFileSync(key, 'utf8'))
  expect((await daemon.run(['network', 'list'])).json()).toEqual({
    networks: [{ name: 'club', path: added.path }]
  })
  await daemon.start()
  expect((await daemon.run(['status'])).json()).toMatchObject({ network: 'club' })
})

test('pnet without a private network is refused with one clear line', async ({ bed }) => {
  const daemon = bed.prepare('open', { env: { P2PSHARE_PNET: 'true' } })
  bed.folder('homes', 'open')
  const refused = await daemon.run(['daemon', 'run'])
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('is for private networks')])
})
