import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { makeExecutable } from '../../scripts/pack/executable.ts'
import { makeNpmPackage } from '../../scripts/pack/npm-package.ts'
import { compareTrees } from '../harness/compare-trees.ts'
import { test } from '../harness/fixture.ts'
import { writeRandomFile } from '../harness/random-file.ts'
import { fetchTo } from '../harness/shares.ts'
import type { TestBed } from '../harness/test-bed.ts'

const VERSION = /^\d+\.\d+\.\d+\n$/

/** A build says its version, seeds with one daemon, fetches with another one, and starts a third by a command. */
async function checkBuild(
  bed: TestBed,
  program: readonly string[],
  env: Record<string, string> = {}
): Promise<void> {
  const [command = '', ...args] = program
  expect(
    execFileSync(command, [...args, '--version'], { env: { ...process.env, ...env }, encoding: 'utf8' })
  ).toMatch(VERSION)
  await writeRandomFile(bed.path('source.bin'), 3 * 1024 * 1024 + 1, 5)
  const seeder = await bed.daemon('seeder', { program, env })
  const seeded = await seeder.run(['seed', bed.path('source.bin')])
  expect(seeded.code, seeded.stderr).toBe(0)
  const fetcher = await bed.daemon('fetcher', { program, env, bootstrap: [seeder] })
  await fetchTo(fetcher, String(seeded.json()['cid']), bed.path('target.bin'), '60s')
  expect(await compareTrees(bed.path('source.bin'), bed.path('target.bin'))).toEqual([])
  // The part of libp2p that commands load is there, too.
  const stranger = await fetcher.run(['status', '--daemon', seeder.multiaddrs[0] ?? ''])
  expect(stranger.stderr).toContain('control.not-authorised')
  const alone = bed.prepare('alone', { program, env })
  bed.folder('homes', 'alone')
  const started = await alone.run(['seed', bed.path('source.bin')])
  expect(started.code, started.stderr).toBe(0)
}

test('the package installs into an empty prefix without a network, and runs', async ({ bed }) => {
  const tarball = await makeNpmPackage(bed.path('dist'))
  const prefix = bed.folder('prefix')
  execFileSync('npm', ['install', '--prefix', prefix, '--offline', '--no-audit', '--no-fund', tarball], {
    env: { ...process.env, npm_config_cache: bed.path('npm-cache') },
    stdio: 'pipe'
  })
  await checkBuild(bed, [process.execPath, join(prefix, 'node_modules', '.bin', 'p2pshare')])
})

test.runIf(process.platform === 'linux')('one executable runs where no Node is', async ({ bed }) => {
  const executable = await makeExecutable(bed.path('dist'))
  await checkBuild(bed, [executable], { PATH: bed.path('nothing') })
})
