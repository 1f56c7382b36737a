import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { compareTrees } from '../harness/compare-trees.ts'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { test } from '../harness/fixture.ts'
import { importPath } from '../harness/homes.ts'
import { startPartialHolder } from '../harness/partial-holder.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, detailOf, fetchTo } from '../harness/shares.ts'

const MIB = 1024 * 1024
const SIZE = 256 * MIB
const HOLDERS = ['first', 'middle', 'last']

/** Notes who sends to the daemon, while `work` goes on. */
async function sendersDuring(daemon: DaemonProcess, cid: string, work: Promise<void>): Promise<Set<string>> {
  const senders = new Set<string>()
  const client = clientOf(daemon)
  const ended = work.then(() => true)
  while (!(await Promise.race([ended, sleep(20, false)]))) {
    // The share is not known to the daemon before the command has reached it.
    const { peers } = await client.peers({ ref: cid }).catch(() => ({ peers: [] }))
    for (const { peerId, rateDown } of peers) if ((rateDown ?? 0) > 0) senders.add(peerId)
  }
  return senders
}

describe('three daemons that each have another third of 256 MiB', () => {
  test('together give the whole to a fourth', async ({ bed }) => {
    const source = bed.path('source', 'archive.bin')
    await writeRandomFile(source, SIZE, 3)
    const imported = await importPath(source, bed.path('scratch'))
    const bootstrap = await bed.daemon('bootstrap')
    const holders: DaemonProcess[] = []
    let cid = ''
    for (const [third, name] of HOLDERS.entries()) {
      const holder = bed.prepare(name, { bootstrap: [bootstrap] })
      const target = bed.path(`${name}.bin`)
      const has = (piece: number): boolean => Math.floor((piece * 3) / 256) === third
      cid = await startPartialHolder(holder, { imported, target, has })
      holders.push(holder)
    }
    const fetcher = await bed.daemon('fetcher', { bootstrap: [bootstrap] })
    for (const holder of holders) await clientOf(holder).resume({ ref: cid })

    const target = bed.path('fetched.bin')
    const senders = await sendersDuring(fetcher, cid, fetchTo(fetcher, cid, target, '60s'))
    expect(await compareTrees(source, target)).toEqual([])
    for (const holder of holders) {
      expect(senders, `pieces came from ${holder.options.name}`).toContain(holder.ready.peerId)
      expect((await detailOf(holder, cid)).uploaded).toBeGreaterThan(0)
    }
  })
})
