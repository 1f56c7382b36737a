import { existsSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { eventually } from '../harness/eventually.ts'
import { startEvilPeer, wholeShare } from '../harness/evil-peer.ts'
import { test } from '../harness/fixture.ts'
import { importPath, withCatalogue } from '../harness/homes.ts'
import { logLine } from '../harness/log-lines.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { detailOf, seedPath } from '../harness/shares.ts'

const MIB = 1024 * 1024
const NAMES = ['one.bin', 'two.bin']

describe('a peer that sends wrong bytes in some pieces', () => {
  // Two shares, since after its first bad piece a peer is not asked for a minute about that share.
  test('is banned, and the shares complete from an honest one', async ({ bed }) => {
    for (const [n, name] of NAMES.entries()) await writeRandomFile(bed.path('source', name), 24 * MIB, n)
    const shares = []
    for (const name of NAMES) shares.push(await importPath(bed.path('source', name), bed.path('scratch')))
    const bootstrap = await bed.daemon('bootstrap')
    await using evil = await startEvilPeer({
      shares: shares.map(wholeShare),
      bootstrap: bootstrap.multiaddrs,
      tamper(piece, block) {
        if (piece % 3 !== 0) block.writeUInt8(block.readUInt8(12_345) ^ 1, 12_345)
        return block
      }
    })
    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    const fetching = shares.map(({ layout, name }) =>
      fetcher.begin(['fetch', layout.root.toString(), '-o', bed.path(name), '--json', '--timeout', '60s'])
    )
    // Alone with the liar, the fetcher finds out about it, and must not finish.
    await eventually(() => logLine(fetcher, 'peer banned', evil.peerId), 'the liar is banned')
    expect(evil.spoilt.size).toBeGreaterThan(0)
    for (const { layout, name } of shares) {
      expect(await detailOf(fetcher, layout.root.toString())).toMatchObject({ state: 'fetching' })
      expect(existsSync(bed.path(name)), 'nothing under the final name').toBe(false)
    }

    const honest = await bed.daemon('honest', { bootstrap: [bootstrap] })
    for (const { path } of shares) await seedPath(honest, path)
    for (const { ended } of fetching) {
      const { code, stderr } = await ended
      expect(code, stderr).toBe(0)
    }
    for (const { name, path } of shares) expect(await compareTrees(path, bed.path(name))).toEqual([])

    await fetcher.end('SIGTERM')
    const bans = withCatalogue(fetcher.options.home, (catalogue) => catalogue.bans())
    expect(bans).toMatchObject([{ peer: evil.peerId, reason: 'bad-piece' }])
    const minutes = ((bans[0]?.until ?? 0) - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(50)
    expect(minutes).toBeLessThanOrEqual(60)
  })
})
