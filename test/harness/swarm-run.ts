import { createControlClient } from '@p2pshare/control/client'
import { compareTrees } from './compare-trees.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { eventually } from './eventually.ts'
import type { TestBed } from './test-bed.ts'

/** One seeder and several fetchers that begin at the same moment, all on this machine. */
export interface SwarmPlan {
  /** File that is shared; `size` is its length in bytes. */
  source: string
  size: number
  fetchers: number
  /** What the seeder may send, e.g. `50MB/s`. */
  cap: string
  /** The seeder stops after its first full copy: as soon as every piece of it is at some peer. */
  seederLeaves: boolean
  /** Gives up after so many ms. */
  limit: number
}

/** How a swarm went. */
export interface SwarmOutcome {
  /** From the first fetch command to the end of each, in order of their end. */
  seconds: number[]
  /** Content bytes that the seeder sent, in copies of the file. */
  copies: number
  /** Every daemon that still runs, the seeder first when it is there. */
  running: DaemonProcess[]
}

/**
 * Runs a swarm to the end and compares every file that came out.
 * @throws when a command fails or a file is wrong
 */
export async function runSwarm(bed: TestBed, plan: SwarmPlan): Promise<SwarmOutcome> {
  // Apart from the seeder, so that the others still find each other when it is gone.
  const contact = await bed.daemon('contact')
  const seeder = await bed.daemon('seeder', { bootstrap: [contact] })
  const limited = ['limit', '--up', plan.cap, '--down', 'none', '--include-lan']
  await succeed(seeder, limited, plan.limit)
  const fetchers: DaemonProcess[] = []
  for (let i = 1; i <= plan.fetchers; i++) fetchers.push(await bed.daemon(`f${i}`, { bootstrap: [contact] }))
  const cid = String((await succeed(seeder, ['seed', plan.source], plan.limit))['cid'])

  const began = performance.now()
  const seconds: number[] = []
  const uploaded = watchUploads(seeder, cid, plan)
  await Promise.all(
    fetchers.map(async (fetcher, i) => {
      const target = bed.path(`fetched-${i}.bin`)
      await succeed(fetcher, ['fetch', cid, '-o', target, '--timeout', '120s'], plan.limit)
      seconds.push((performance.now() - began) / 1000)
    })
  )
  const sent = await uploaded()
  for (const i of fetchers.keys()) {
    const differences = await compareTrees(plan.source, bed.path(`fetched-${i}.bin`))
    if (differences.length > 0) throw new Error(`fetcher ${i} has a wrong file: ${differences.join(', ')}`)
  }
  const running = plan.seederLeaves ? fetchers : [seeder, ...fetchers]
  return { seconds, copies: sent / plan.size, running }
}

/** Runs a command of a daemon and answers its JSON. */
async function succeed(
  daemon: DaemonProcess,
  args: string[],
  limit: number
): Promise<Record<string, unknown>> {
  const result = await daemon.run(args, { limit })
  if (result.code === 0) return result.json()
  throw new Error(`${daemon.options.name}: ${args.join(' ')} ended with ${result.code}: ${result.stderr}`)
}

/**
 * Follows what the seeder sends; in a plan where it leaves, ends it at its first full copy.
 * @returns asks for the bytes sent in the end
 */
function watchUploads(seeder: DaemonProcess, cid: string, plan: SwarmPlan): () => Promise<number> {
  const client = createControlClient({ socketPath: seeder.ready.socket })
  if (!plan.seederLeaves) return async () => (await client.shareStatus({ ref: cid })).uploaded
  // Bytes alone do not tell: two peers that ask for a piece in the same moment get it twice.
  const enough = async (): Promise<number | undefined> => {
    const { uploaded, availability, peers } = await client.shareStatus({ ref: cid })
    return uploaded >= plan.size && (availability >= 2 || peers === 0) ? uploaded : undefined
  }
  const left = eventually(enough, 'the seeder has sent one copy', plan.limit).then(async (sent) => {
    await seeder.end('SIGTERM')
    return sent
  })
  return () => left
}
