import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../test/harness/eventually.ts'
import { logLines } from '../../test/harness/log-lines.ts'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { clientOf, detailOf, seedPath, shareWhen } from '../../test/harness/shares.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'

const MiB = 1024 ** 2
/** More than the seconds of a run can bring. */
const SIZE = 1024 * MiB
const LIMIT_MS = 120_000

/** A daemon in the middle of a fetch is stopped for a while, as by the lid of a laptop, and goes on. */
export const benchmark: Benchmark = {
  summary: 'SIGSTOP for 120 s in a fetch: seconds to the next byte, to the end of dead connections, bans',
  async run(args) {
    const options = benchOptions(args, { seconds: '120', runs: '1' })
    const seconds = positiveOption(options.seconds, 'seconds')
    await benchRuns('sleep', positiveOption(options.runs, 'runs'), () => measure(seconds))
  }
}

async function measure(seconds: number): Promise<Record<string, number>> {
  await using bed = new TestBed()
  await writeRandomFile(bed.path('file.bin'), SIZE, 1)
  const seeder = await bed.daemon('seeder')
  // Once stopped, a peer whose sockets stay open and that says nothing any more.
  const ghost = await bed.daemon('ghost')
  const fetcher = await bed.daemon('fetcher', {
    bootstrap: [seeder, ghost],
    env: { P2PSHARE_DOWN: '1MB/s', P2PSHARE_INCLUDE_LAN: 'true' }
  })
  const { cid } = await seedPath(seeder, bed.path('file.bin'))
  const fetching = fetcher.begin(['fetch', cid, '-o', bed.path('fetched.bin')])
  await shareWhen(fetcher, cid, ({ done }) => done > 0, 'fetches')
  const knows = async (from: typeof seeder, peer: string): Promise<boolean> =>
    (await clientOf(from).peers({})).peers.some(({ peerId }) => peerId === peer)
  const [ghostId, fetcherId] = [ghost.ready.peerId, fetcher.ready.peerId]
  process.kill(fetcher.pid, 'SIGSTOP')
  process.kill(ghost.pid, 'SIGSTOP')
  const stopped = performance.now()
  try {
    const gone = async (): Promise<true | undefined> => ((await knows(seeder, fetcherId)) ? undefined : true)
    await eventually(gone, 'the seeder noticed', LIMIT_MS)
    const noticed = performance.now() - stopped
    await sleep(Math.max(0, seconds * 1000 - noticed))
    process.kill(fetcher.pid, 'SIGCONT')
    const woke = performance.now()
    const { downloaded } = await detailOf(fetcher, cid)
    const moved = shareWhen(fetcher, cid, (now) => now.downloaded > downloaded, 'goes on', LIMIT_MS)
    const nextByte = moved.then(() => performance.now() - woke)
    const dead = async (): Promise<true | undefined> => ((await knows(fetcher, ghostId)) ? undefined : true)
    await eventually(dead, 'the dead connection is gone', LIMIT_MS)
    const deadGone = performance.now() - woke
    const blamed = [seeder, fetcher]
      .flatMap(logLines)
      .filter(({ msg }) => /banned|misbehaved|broke/.test(msg))
    return {
      othersNoticedSeconds: noticed / 1000,
      nextByteSeconds: (await nextByte) / 1000,
      deadGoneSeconds: deadGone / 1000,
      blamed: blamed.length
    }
  } finally {
    fetching.child.kill('SIGKILL')
    for (const { pid } of [fetcher, ghost]) process.kill(pid, 'SIGCONT')
  }
}
