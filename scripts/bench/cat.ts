import { once } from 'node:events'
import type { DaemonProcess } from '../../test/harness/daemon-process.ts'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { clientOf, seedPath } from '../../test/harness/shares.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { touchMemory } from '../tool/touch-memory.ts'

const MiB = 1024 * 1024

/** Milliseconds, and megabytes (10^6) a second from the command's start to its end. */
type Figures = Record<
  'firstByteApiMs' | 'firstByteMs' | 'middleByteMs' | 'catMBps' | 'fetchMBps' | 'toFetch' | 'catHereMBps',
  number
>

/** First bytes are of a share that is not here, from a peer that is connected; `middle`: of a range in its middle. */
export const benchmark: Benchmark = {
  summary: 'cat: time to the first byte of a connected peer, and throughput beside a fetch of the same file',
  async run(args) {
    const options = benchOptions(args, { mib: '512', runs: '3' })
    const size = positiveOption(options.mib, 'mib') * MiB
    await using files = new TestBed()
    const source = files.path('source.bin')
    await writeRandomFile(source, size, 1)
    await benchRuns('cat', positiveOption(options.runs, 'runs'), () => measure(source, size))
  }
}

async function measure(source: string, size: number): Promise<Figures> {
  await using bed = new TestBed()
  const seeder = await bed.daemon('seeder')
  const reader = await bed.daemon('reader', { bootstrap: [seeder] })
  const { cid } = await seedPath(seeder, source)
  await touchMemory(bed.path('touched.bin'), 2 * size)
  // A connected peer from here on.
  await succeed(reader, ['ls', cid, '--timeout', '30s'])
  const firstByteApiMs = await milliseconds(() => firstPart(reader, cid))
  const firstByteMs = await milliseconds(() => firstOutput(reader, ['cat', cid]))
  const middleByteMs = await milliseconds(() =>
    firstOutput(reader, ['cat', cid, '--range', `${size / 2 + 5}-`])
  )
  const speed = (ms: number): number => size / 1e3 / ms
  const cat = async (): Promise<number> => speed(await milliseconds(() => pipe(reader, cid, size)))
  const catMBps = await cat()
  const target = bed.path('fetched.bin')
  const fetchMBps = speed(
    await milliseconds(() => succeed(reader, ['fetch', cid, '-o', target, '--timeout', '60s']))
  )
  return {
    ...{ firstByteApiMs, firstByteMs, middleByteMs, catMBps, fetchMBps },
    toFetch: catMBps / fetchMBps,
    catHereMBps: await cat()
  }
}

/** Until the first bytes are there by the API. */
async function firstPart(daemon: DaemonProcess, cid: string): Promise<void> {
  for await (const part of clientOf(daemon).read({ ref: cid })) if (part instanceof Uint8Array) return
  throw new Error('no byte came')
}

/** Until a command writes something to stdout. */
async function firstOutput(daemon: DaemonProcess, args: string[]): Promise<void> {
  const { child } = daemon.begin(args)
  if (child.stdout === null) throw new Error('stdout is a pipe')
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
}

async function pipe(daemon: DaemonProcess, cid: string, size: number): Promise<void> {
  const { stdout, stderr } = await daemon.shell(`p2pshare cat ${cid} --timeout 60s | wc -c`)
  if (Number(stdout) !== size) throw new Error(`cat gave ${stdout.trim()} bytes: ${stderr}`)
}

async function succeed(daemon: DaemonProcess, args: string[]): Promise<void> {
  const { code, stderr } = await daemon.run(args, { limit: 600_000 })
  if (code !== 0) throw new Error(`${args[0]} ended with code ${code}: ${stderr}`)
}
