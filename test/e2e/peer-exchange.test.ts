import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, shareWhen } from '../harness/shares.ts'

const MIB = 1024 * 1024

/** A link that knows one peer only. */
const linkTo = (cid: string, contact: DaemonProcess): string =>
  `p2pshare:${cid}?${contact.multiaddrs.map((address) => `peer=${encodeURIComponent(address)}`).join('&')}`

describe('three daemons without a bootstrap peer', () => {
  // Who has not even the index announces nothing, so no DHT record can lead one to the other.
  test('of which two know the first one only find each other through it', async ({ bed }) => {
    const source = bed.path('source', 'film.bin')
    await writeRandomFile(source, 8 * MIB, 5)
    const cid = (await importPath(source, bed.path('scratch'))).layout.root.toString()
    const [first, second, third] = await Promise.all(
      ['first', 'second', 'third'].map((name) => bed.daemon(name))
    )
    if (first === undefined || second === undefined || third === undefined) throw new Error('three daemons')
    const fetches = []
    for (const [i, daemon] of [first, second, third].entries()) {
      const ref = i === 0 ? cid : linkTo(cid, first)
      fetches.push(daemon.begin(['fetch', ref, '-o', bed.path(`${i}.bin`), '--json', '--timeout', '90s']))
      // The first one must take part before another asks it, or it is set aside as one who has not got it.
      await shareWhen(daemon, cid, ({ peers }) => peers >= Math.min(i, 1), 'it takes part')
    }
    for (const daemon of [second, third])
      await shareWhen(daemon, cid, ({ peers }) => peers === 2, 'they are linked')
    // Only the first one's word led there: its exchange, or the contacts of its DHT, who are asked as neighbours. Which
    // comes first is chance; that the exchange alone is enough the tests of the session show.
    for (const daemon of [second, third]) {
      const { sources } = await clientOf(daemon).why({ ref: cid })
      const found = sources.filter(({ state }) => state === 'found').map(({ source }) => source)
      expect(found).toContain('hint')
      expect(found.filter((source) => source === 'lan-dht' || source === 'mdns')).toEqual([])
    }

    for (const daemon of [first, second, third]) await daemon.end('SIGTERM')
    await Promise.all(fetches.map(({ ended }) => ended))
  })
})
