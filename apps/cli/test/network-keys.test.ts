import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseNetworkKey } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { run, testHome } from './run-cli.ts'

test('makes different keys, lists them, and overwrites none', async () => {
  const home = await testHome()
  const env = { P2PSHARE_HOME: home.home }
  const paths: string[] = []
  for (const name of ['one', 'two']) {
    const { code, stdout, stderr } = await run(['network', 'create', name], { env })
    expect(code).toBe(0)
    expect(stderr).toContain(`--network ${name}`)
    paths.push(stdout.trim())
  }
  const [one = '', two = ''] = paths.map((path) => readFileSync(path, 'utf8'))
  expect(parseNetworkKey(one)).toHaveLength(32)
  expect(one).not.toBe(two)
  const again = await run(['network', 'create', 'one'], { env })
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('never overwritten')])
  expect(readFileSync(paths[0] ?? '', 'utf8')).toBe(one)
  writeFileSync(join(home.home, 'networks', 'notes.txt'), 'no key')
  const listed = await run(['network', 'list', '--json'], { env })
  expect(JSON.parse(listed.stdout)).toEqual({
    networks: [
      { name: 'one', path: paths[0] },
      { name: 'two', path: paths[1] }
    ]
  })
})

test('a file that is no key is not taken', async () => {
  const home = await testHome()
  const file = join(home.home, 'family.key')
  for (const text of ['', 'hello', 'a'.repeat(63), 'b'.repeat(100_000)]) {
    writeFileSync(file, text)
    const { code, stderr } = await run(['network', 'add', file], { env: { P2PSHARE_HOME: home.home } })
    expect([code, stderr]).toEqual([1, expect.stringContaining('does not hold a network key')])
  }
  const missing = await run(['network', 'add', file.replace('family', 'nobody')], {
    env: { P2PSHARE_HOME: home.home }
  })
  expect(missing.stderr).toContain('cannot be read (ENOENT)')
})
