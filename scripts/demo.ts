/**
 * Shows the main job on this machine: three daemons on loopback, a file seeded on one, fetched by its hash
 * alone on another that knows only a bootstrap peer, and compared byte for byte. Leaves nothing behind.
 *
 *   npm run demo                 24 MiB
 *   npm run demo -- --mib 200    another size
 */
import { parseArgs } from 'node:util'
import { compareTrees } from '../test/harness/compare-trees.ts'
import type { CommandResult } from '../test/harness/command.ts'
import type { DaemonProcess } from '../test/harness/daemon-process.ts'
import { writeRandomFile } from '../test/harness/random-file.ts'
import { TestBed } from '../test/harness/test-bed.ts'
import { assertNodeVersion } from './node-version.mjs'

const MiB = 1024 * 1024
const started = performance.now()

function say(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5)
  process.stdout.write(`${seconds} s  ${line}\n`)
}

/** Why the demo did not reach its end. */
class DemoFailure extends Error {}

function answerOf(result: CommandResult, what: string): Record<string, unknown> {
  if (result.code !== 0) throw new DemoFailure(`${what} ended with code ${result.code}:\n${result.stderr}`)
  return result.json()
}

async function startDaemon(bed: TestBed, name: string, bootstrap: DaemonProcess[]): Promise<DaemonProcess> {
  const daemon = await bed.daemon(name, { bootstrap })
  const knows = bootstrap.length === 0 ? 'nobody' : bootstrap.map((peer) => peer.options.name).join(', ')
  say(
    `${name.padEnd(9)} runs as peer ${daemon.ready.peerId.slice(-8)}, process ${daemon.pid}; it knows ${knows}`
  )
  return daemon
}

async function fetchAndCompare(
  bed: TestBed,
  fetcher: DaemonProcess,
  cid: string,
  source: string
): Promise<void> {
  const target = bed.path('fetched.bin')
  const began = performance.now()
  const command = fetcher.begin(['fetch', cid, '-o', target, '--timeout', '60s', '--json'])
  const fetched = answerOf(await command.ended, 'fetch')
  const seconds = (performance.now() - began) / 1000
  const rate = Number(fetched['size']) / 1e6 / seconds
  say(
    `fetched and verified ${Number(fetched['size'])} bytes in ${seconds.toFixed(2)} s (${rate.toFixed(0)} MB/s)`
  )
  const differences = await compareTrees(source, target)
  if (differences.length > 0) throw new DemoFailure(`the files differ: ${differences.join(', ')}`)
  say('compared: every byte is the same')
}

async function demo(bed: TestBed, size: number): Promise<void> {
  const bootstrap = await startDaemon(bed, 'bootstrap', [])
  const seeder = await startDaemon(bed, 'seeder', [bootstrap])
  const fetcher = await startDaemon(bed, 'fetcher', [bootstrap])

  const source = bed.path('source', 'holiday.bin')
  await writeRandomFile(source, size, 42)
  say(`wrote a file of ${size / MiB} MiB of random bytes`)

  const seeded = answerOf(await seeder.run(['seed', source]), 'seed')
  const cid = String(seeded['cid'])
  say(`seeder    p2pshare seed holiday.bin`)
  say(`          → ${cid} (${String(seeded['pieces'])} pieces, announced in the DHT)`)
  say(`fetcher   p2pshare fetch ${cid}`)
  await fetchAndCompare(bed, fetcher, cid, source)
}

assertNodeVersion()
const { values } = parseArgs({ options: { mib: { type: 'string', default: '24' } } })
const mib = Number(values.mib)
if (!Number.isInteger(mib) || mib < 1 || mib > 1024 * 1024) {
  process.stderr.write('--mib takes a whole number of MiB, at least 1\n')
  process.exit(2)
}

const bed = new TestBed()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  await demo(bed, mib * MiB)
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`)
  if (error instanceof DemoFailure) process.stderr.write(`${bed.logs()}\n`)
  process.exitCode = 1
} finally {
  await bed[Symbol.asyncDispose]()
  if (process.exitCode === undefined) say('daemons stopped, temporary files removed: done')
}
