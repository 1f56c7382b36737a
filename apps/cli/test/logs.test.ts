import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { followLines, lastLines } from '../src/logs/log-lines.ts'
import { testHome } from './run-cli.ts'

const entry = (level: number, msg: string, more: object = {}): string =>
  `${JSON.stringify({ level, time: 0, msg, ...more })}\n`

test('shows the last lines, escaped, of a level and worse', async () => {
  const { home, run } = await testHome()
  expect(await run(['logs'])).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no log') })
  const file = join(home, 'daemon.log')
  writeFileSync(
    file,
    entry(30, 'node started', { area: 'network', peers: 3 }) +
      entry(50, 'failed', { error: { message: 'bad \u001b[2J thing', stack: 'long' } }) +
      '{"cut by a crash'
  )
  const all = (await run(['logs'])).stdout.split('\n')
  expect(all[0]).toBe('1970-01-01T00:00:00.000Z info  network: node started peers=3')
  expect(all[1]).toMatch(/error failed error=bad \\u\{1B\}\[2J thing$/i)
  expect(all[2]).toBe('{"cut by a crash')
  const worse = await run(['logs', '--level', 'warn', '--json', '-n', '2'])
  expect(worse.lines.map((line) => line['msg'] ?? line['text'])).toEqual(['failed', '{"cut by a crash'])
})

test('shows one area, with what lies in it', async () => {
  const { home, run } = await testHome()
  const areas = ['network', 'network.reach', 'network.lan-dht', 'share', undefined]
  writeFileSync(
    join(home, 'daemon.log'),
    areas.map((area) => entry(30, `of ${area}`, area === undefined ? {} : { area })).join('')
  )
  const shown = async (...line: string[]): Promise<unknown[]> =>
    (await run(['logs', '--json', ...line])).lines.map(({ msg }) => msg)
  expect(await shown()).toHaveLength(5)
  expect(await shown('--area', 'network')).toEqual(['of network', 'of network.reach', 'of network.lan-dht'])
  expect(await shown('--area', 'reach')).toEqual(['of network.reach'])
  expect(await shown('--area', 'dht')).toEqual(['of network.lan-dht'])
  expect((await run(['logs', '--area', 'network', '--level', 'warn'])).stdout).toBe('')
  const { code, stderr } = await run(['logs', '--area', 'netwrok'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('no area "netwrok"; did you mean network?')])
})

test('long files are read from their end, and followed when they are begun anew', async () => {
  const { home } = await testHome()
  const file = join(home, 'daemon.log')
  writeFileSync(file, Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join(''))
  const found = lastLines(file, 3)
  expect(found?.lines).toEqual(['line 49997', 'line 49998', 'line 49999'])
  const leave = new AbortController()
  const seen: string[] = []
  const following = followLines(
    file,
    found?.end ?? 0,
    (line) => {
      seen.push(line)
      if (line === 'whole line') writeFileSync(file, 'new file\n')
      if (line === 'new file') leave.abort()
    },
    leave.signal
  )
  appendFileSync(file, 'whole ')
  appendFileSync(file, 'line\n')
  await following
  expect(seen).toEqual(['whole line', 'new file'])
})
