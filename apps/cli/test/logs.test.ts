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
