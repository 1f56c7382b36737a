import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { DaemonProcess } from '../harness/daemon-process.ts'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { clientOf, fetchTo, seedPath, shareWhen } from '../harness/shares.ts'

/** Hashes that nobody has. */
const NOWHERE = [
  'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
] as const

async function ask(daemon: DaemonProcess, ...line: string[]): Promise<Record<string, unknown>> {
  const result = await daemon.run(line)
  expect(result.code, result.stderr).toBe(0)
  return result.json()
}

describe('controlling', () => {
  test('fetches wait their turn, in an order that outlives SIGKILL', async ({ bed }) => {
    const daemon = await bed.daemon('one', { env: { P2PSHARE_ACTIVE_FETCHES: '1' } })
    const [first, second] = NOWHERE
    for (const cid of NOWHERE) {
      const given = await daemon.run(['fetch', cid, '-o', bed.path(cid), '--timeout', '100ms'])
      expect(given.code, given.stderr).toBe(4)
      expect(given.stderr).toContain(cid === second ? 'place 2 of 2 in the queue' : 'no progress')
    }
    const order = [
      { cid: second, place: 1, running: true, state: 'fetching' },
      { cid: first, place: 2, running: false, state: 'queued', reason: 'place 2 of 2 in the queue' }
    ]
    expect(await ask(daemon, 'queue', second, '--first')).toMatchObject({ activeFetches: 1, jobs: order })
    await daemon.end('SIGKILL')
    await daemon.start()
    expect(await ask(daemon, 'queue')).toMatchObject({ running: 1, waiting: 1, jobs: order })
    expect(await ask(daemon, 'why', first)).toMatchObject({ state: 'queued', findings: [{ code: 'queued' }] })
    expect(await ask(daemon, 'resume', first, '--now')).toEqual({ cid: first, state: 'fetching' })
  })

  test('a share is seeded until somebody else has all of it', async ({ bed }) => {
    const source = bed.path('file.bin')
    await writeRandomFile(source, 3_000_000, 1)
    const seeder = bed.prepare('seeder')
    mkdirSync(seeder.options.home, { recursive: true, mode: 0o700 })
    const append = `import { appendFileSync } from 'node:fs'; appendFileSync(process.argv[2], process.argv[3] + '\\n')`
    writeFileSync(bed.path('hook.mjs'), append)
    const written = bed.path('written')
    const onSeedStopped = [process.execPath, bed.path('hook.mjs'), written, '{name}: {reason}']
    const config = join(seeder.options.home, 'config.json')
    writeFileSync(config, JSON.stringify({ onSeedStopped }), { mode: 0o600 })
    await seeder.start()
    const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
    const { cid } = await seedPath(seeder, source)
    expect(await ask(seeder, 'stop-when', cid, '--ratio', '0.5', '--replicas', '1')).toMatchObject({
      ...{ state: 'seeding', own: ['ratio', 'replicas'], rules: { ratio: 0.5, time: null, replicas: 1 } }
    })
    await fetchTo(fetcher, cid, bed.path('fetched.bin'))
    const stopped = await shareWhen(seeder, cid, ({ state }) => state === 'paused', 'stops')
    expect(stopped).toMatchObject({
      reason: 'ratio 0.5 reached, 1 other has all of it',
      stopping: { replicas: 1, stopped: 'ratio 0.5 reached, 1 other has all of it' }
    })
    await eventually(() => existsSync(written) || undefined, 'the hook ran')
    await seeder.end('SIGKILL')
    await seeder.start()
    expect(await ask(seeder, 'list')).toMatchObject({ shares: [{ state: 'paused', reason: stopped.reason }] })
    expect(readFileSync(written, 'utf8')).toBe(`file.bin: ${stopped.reason}\n`)
    expect(await clientOf(seeder).resume({ ref: cid })).toEqual({
      ...{ cid, state: 'seeding', reason: 'its rules for the end of seeding are off now' }
    })
  })
})
