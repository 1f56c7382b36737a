import { writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { fetchTo } from '../harness/shares.ts'

const TLS = { P2PSHARE_ENCRYPTION: 'tls' }

/** How a daemon's connections are encrypted. */
async function encryptions(daemon: DaemonProcess): Promise<Record<string, unknown>> {
  const { peers } = (await daemon.run(['peers'])).json() as {
    peers: { peerId: string; encryption: string }[]
  }
  return Object.fromEntries(peers.map(({ peerId, encryption }) => [peerId, encryption]))
}

describe('encryption=tls', () => {
  test('carries a share between two that prefer it, and leaves noise to the others', async ({ bed }) => {
    const source = bed.path('source.bin')
    await writeRandomFile(source, 24 * 1024 * 1024 + 5, 7)
    const seeder = await bed.daemon('seeder', { env: TLS })
    const cid = String((await seeder.run(['seed', source])).json()['cid'])
    const same = await bed.daemon('same', { bootstrap: [seeder], env: TLS })
    const plain = await bed.daemon('plain', { bootstrap: [seeder] })
    for (const fetcher of [same, plain]) {
      const target = bed.path(`${fetcher.options.name}.bin`)
      await fetchTo(fetcher, cid, target, '60s')
      expect(await compareTrees(source, target)).toEqual([])
    }
    expect(await encryptions(seeder)).toMatchObject({
      [same.ready.peerId]: 'tls',
      [plain.ready.peerId]: 'noise'
    })
  })

  test('is refused with one clear line in a private network, and where it is misspelt', async ({ bed }) => {
    const key = bed.path('network.key')
    writeFileSync(key, `${'ab'.repeat(32)}\n`)
    const daemon = bed.prepare('private', { env: TLS })
    bed.folder('homes', 'private')
    const refused = await daemon.run(['daemon', 'run', '--network', key])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('not possible in a private network')
    const misspelt = await daemon.run(['daemon', 'run', '--encryption', 'ssl'])
    expect(misspelt.code).toBe(2)
    expect(misspelt.stderr).toContain('Write noise or tls')
    // The daemon itself reads the environment.
    const other = bed.prepare('misspelt', { env: { P2PSHARE_ENCRYPTION: 'ssl' } })
    bed.folder('homes', 'misspelt')
    const unstarted = await other.run(['daemon', 'run'])
    expect(unstarted.code).toBe(3)
    expect(unstarted.stderr).toContain('write noise or tls')
  })
})
