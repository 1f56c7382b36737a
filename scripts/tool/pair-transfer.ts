import { compareTrees } from '../../test/harness/compare-trees.ts'
import type { DaemonProcess } from '../../test/harness/daemon-process.ts'
import type { TestBed } from '../../test/harness/test-bed.ts'
import { touchMemory } from './touch-memory.ts'

/** Both ends of one transfer. */
export interface Pair {
  seeder: DaemonProcess
  fetcher: DaemonProcess
}

/** What {@link transfer} may be told. */
export interface TransferOptions {
  /** Flags of Node for each daemon besides the usual. */
  nodeFlags?: (side: keyof Pair) => readonly string[]
  /** Environment of both daemons, such as options as `P2PSHARE_…`. */
  env?: Readonly<Record<string, string>>
}

/** What a look at both daemons gave before the fetch and after it, and how long seeding and fetching took. */
export interface TransferResult<Look> {
  seedSeconds: number
  fetchSeconds: number
  before: Look
  after: Look
}

/** A fetch may take so long, in ms. */
const LIMIT = 600_000

/**
 * Seeds the file `source` of `size` bytes at one daemon and fetches it at another that knows only the first, both
 * from the command's start to its end; throws when a byte of the copy is wrong. The daemons run on until the bed ends.
 * @param look - reads what the caller wants to know of both, right before the fetch and right after it
 */
export async function transfer<Look>(
  bed: TestBed,
  source: { path: string; size: number },
  look: (pair: Pair) => Look,
  { nodeFlags, env = {} }: TransferOptions = {}
): Promise<TransferResult<Look>> {
  const flags = (side: keyof Pair): { nodeFlags?: readonly string[] } =>
    nodeFlags === undefined ? {} : { nodeFlags: nodeFlags(side) }
  const seeder = await bed.daemon('seeder', { env, ...flags('seeder') })
  const fetcher = await bed.daemon('fetcher', { env, bootstrap: [seeder], ...flags('fetcher') })
  const seed = await timed(seeder, ['seed', source.path])
  const target = bed.path('fetched.bin')
  await touchMemory(bed.path('touched.bin'), 3 * source.size)
  const before = look({ seeder, fetcher })
  const fetch = await timed(fetcher, ['fetch', String(seed.answer['cid']), '-o', target, '--timeout', '60s'])
  const after = look({ seeder, fetcher })
  const differences = await compareTrees(source.path, target)
  if (differences.length > 0) throw new Error(`the fetched file is wrong: ${differences.join(', ')}`)
  return { seedSeconds: seed.seconds, fetchSeconds: fetch.seconds, before, after }
}

async function timed(
  daemon: DaemonProcess,
  args: string[]
): Promise<{ answer: Record<string, unknown>; seconds: number }> {
  const began = performance.now()
  const result = await daemon.run(args, { limit: LIMIT })
  const seconds = (performance.now() - began) / 1000
  if (result.code !== 0) throw new Error(`${args[0]} ended with code ${result.code}: ${result.stderr}`)
  return { answer: result.json(), seconds }
}
