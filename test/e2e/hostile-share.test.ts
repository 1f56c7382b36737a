import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Bitfield } from '@p2pshare/base'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import { type EvilShare, startEvilPeer, wholeShare } from '../harness/evil-peer.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { bomb, folderWith } from '../harness/hostile-dag.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { fetchTo, seedPath } from '../harness/shares.ts'

const REFUSED: Record<string, { share: EvilShare; words: RegExp }> = {
  'a name that leads out of the share': { share: folderWith('../x'), words: /path separator/ },
  'the name of the folder above': { share: folderWith('..'), words: /outside/ },
  'an absolute name': { share: folderWith('/etc/x'), words: /path separator/ },
  'a name with a zero byte': { share: folderWith('a\0b'), words: /NUL/ },
  'no name': { share: folderWith(''), words: /empty/ },
  'a file of an EiB in four blocks': { share: bomb(4), words: /more than/ }
}

describe('a share made to do harm', () => {
  test('is refused with 5 and the reason; nothing is made, and the daemon goes on', async ({ bed }) => {
    const bootstrap = await bed.daemon('bootstrap')
    const fine = folderWith('CON')
    await using _evil = await startEvilPeer({
      shares: [...Object.values(REFUSED).map(({ share }) => share), fine],
      bootstrap: bootstrap.multiaddrs
    })
    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    const folder = bed.folder('targets')
    for (const [what, { share, words }] of Object.entries(REFUSED)) {
      const { root } = share
      const target = bed.path('targets', 'x')
      const fetched = await fetcher.begin(['fetch', root.toString(), '-o', target, '--timeout', '20s']).ended
      expect(fetched.code, `${what}: ${fetched.stderr}`).toBe(5)
      expect(fetched.stderr, what).toMatch(/^(?:[^\p{Cc}]+\n)+$/u)
      expect(readdirSync(folder), what).toEqual([])
      expect((await fetcher.run(['status', root.toString()])).json()).toMatchObject({
        state: 'error',
        reason: expect.stringMatching(words)
      })
      expect((await fetcher.run(['remove', root.toString()])).code).toBe(0)
    }
    expect(existsSync(bed.path('x'))).toBe(false)

    await fetchTo(fetcher, fine.root.toString(), bed.path('targets', 'fine'))
    expect(readdirSync(bed.path('targets', 'fine'))).toEqual(['_CON'])
    expect(readFileSync(bed.path('targets', 'fine', '_CON'), 'utf8')).toBe('the file CON')
  })
})

describe('a peer whose piece map has the wrong length', () => {
  test('costs itself its connection, and nobody the share', async ({ bed }) => {
    await writeRandomFile(bed.path('source.bin'), 4_000_000, 1)
    const imported = await importPath(bed.path('source.bin'), bed.path('scratch'))
    const bootstrap = await bed.daemon('bootstrap')
    const liar = { ...wholeShare(imported), pieces: Bitfield.full(1_000_000) }
    await using evil = await startEvilPeer({ shares: [liar], bootstrap: bootstrap.multiaddrs })
    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    const honest = await bed.daemon('honest', { bootstrap: [bootstrap] })
    const { cid } = await seedPath(honest, bed.path('source.bin'))
    await fetchTo(fetcher, cid, bed.path('fetched.bin'))
    expect(await compareTrees(bed.path('source.bin'), bed.path('fetched.bin'))).toEqual([])
    expect(evil.links).toBeGreaterThan(0)
  })
})
