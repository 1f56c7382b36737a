import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { resolveHome } from '@p2pshare/control'
import { expect } from 'vitest'
import { eventually } from '../harness/eventually.ts'
import { test } from '../harness/fixture.ts'
import { logLines } from '../harness/log-lines.ts'
import { fetchTo, seedPath, shareWhen } from '../harness/shares.ts'
import { writeRandomFile } from '../harness/random-file.ts'

test('a hook runs once when a fetch is complete; levels of the log and the place of metrics change meanwhile', async ({
  bed
}) => {
  const name = '--exec $(touch pwned);.bin'
  await writeRandomFile(bed.path(name), 3_000_000, 1)
  const seeder = await bed.daemon('seeder')
  const fetcher = bed.prepare('fetcher', { bootstrap: [seeder], env: { P2PSHARE_ON_ERROR: '/bin/false' } })
  const written = bed.path('written')
  writeFileSync(
    bed.path('hook.mjs'),
    `import { appendFileSync } from 'node:fs'
     const { P2PSHARE_HOOK_SIZE: size } = process.env
     appendFileSync(${JSON.stringify(written)}, JSON.stringify([...process.argv.slice(2), size]) + '\\n')`
  )
  mkdirSync(fetcher.options.home, { recursive: true, mode: 0o700 })
  const onComplete = [process.execPath, bed.path('hook.mjs'), '{name}', '{path}', '{hash}']
  writeFileSync(join(fetcher.options.home, 'config.json'), JSON.stringify({ onComplete }), { mode: 0o600 })
  await fetcher.start()
  const { cid } = await seedPath(seeder, bed.path(name))
  const target = join(bed.folder('in'), name)
  await fetchTo(fetcher, cid, target)
  await eventually(() => existsSync(written) || undefined, 'the hook ran')
  // Over a restart, and what is seeded here, it does not run. No trace of a kill needs a hand.
  await fetcher.end('SIGKILL')
  const { socketPath, daemonInfoFile, configFile } = resolveHome({ home: fetcher.options.home, env: {} })
  expect([existsSync(socketPath), existsSync(daemonInfoFile)]).toEqual([true, true])
  expect((await fetcher.run(['daemon', 'status'])).json()).toMatchObject({ running: false })
  writeFileSync(daemonInfoFile, `{"pid":${process.pid},"ver`)
  writeFileSync(`${daemonInfoFile}.new`, '{')
  writeFileSync(`${configFile}.1.new`, '{ "up": ')
  await fetcher.start()
  expect(JSON.parse(readFileSync(daemonInfoFile, 'utf8'))).toMatchObject({ pid: fetcher.pid })
  await shareWhen(fetcher, cid, ({ state }) => state === 'seeding', 'is there')
  await seedPath(fetcher, bed.path('hook.mjs'))
  const lines = readFileSync(written, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([[`./${name}`, target, cid, '3000000']])
  expect(existsSync(join(fetcher.options.home, 'pwned'))).toBe(false)
  const { warnings } = (await fetcher.run(['status'])).json() as { warnings: string[] }
  expect(warnings.join()).toContain('P2PSHARE_ON_ERROR is not read')
  // Levels of the log change while it runs.
  const debugLines = (): number => logLines(fetcher).filter(({ level }) => level === 20).length
  expect(debugLines()).toBe(0)
  const set = await fetcher.run(['config', 'set', 'log', 'warn,share=debug,network=debug'])
  expect(set.json(), set.stderr).toMatchObject({ daemon: { applied: ['log'] } })
  await writeRandomFile(bed.path('second'), 100_000, 2)
  await fetchTo(fetcher, (await seedPath(seeder, bed.path('second'))).cid, bed.path('in', 'second'))
  await seeder.end('SIGTERM')
  await eventually(() => debugLines() > 0 || undefined, 'tells of the link')
  const refused = await fetcher.run(['config', 'set', 'onComplete', '/bin/sh'])
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('set only by hand')])
  // So do metrics over TCP; a port that is taken is a warning.
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`
  const warned = async (): Promise<string> =>
    JSON.stringify((await fetcher.run(['status'])).json()['warnings'])
  const told = (await fetcher.run(['config', 'set', 'metricsListen', address])).json()
  expect(JSON.stringify(told['daemon'])).toContain('another program has that port')
  expect(await warned()).toContain('another program has that port')
  await new Promise((resolve) => taken.close(resolve))
  // What was in trouble is tried again.
  await fetcher.run(['config', 'set', 'metricsListen', address])
  expect(await (await fetch(`http://${address}/metrics`)).text()).toContain(
    'p2pshare_shares{state="seeding"} 3'
  )
  expect(await warned()).not.toContain('metrics')
})
