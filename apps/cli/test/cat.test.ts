import { ShareError } from '@p2pshare/base'
import { RawPart, type ReadEvent, type ReadRequest } from '@p2pshare/control'
import { expect, test } from 'vitest'
import { TerminalHazard } from '../src/reading/terminal-hazard.ts'
import { CID, phase, testHome } from './run-cli.ts'

const FILE: ReadEvent = { event: 'file', cid: CID, name: 'x.txt', size: 12, start: 0, end: 12 }
const DONE: ReadEvent = { event: 'done', cid: CID, bytes: 12 }
const SCREEN = { columns: 80, rows: 24 }

const daemon = (parts: (string | ReadEvent)[], asked: ReadRequest[] = []) =>
  testHome({
    async *read(request) {
      asked.push(request)
      for (const part of parts) yield typeof part === 'string' ? new RawPart(Buffer.from(part)) : part
    },
    why: async () => ({ cid: CID, name: 'x', state: 'fetching', findings: [], sources: [], dials: [] })
  })

test('writes the bytes and nothing else to stdout; --json sums up on stderr', async () => {
  const asked: ReadRequest[] = []
  const { run } = await daemon([FILE, 'hello ', 'world\n', DONE], asked)
  const plain = await run(['cat', `${CID}/a`, 'b/x.txt', '--range', '0-11'])
  expect([plain.code, plain.stdout, plain.stderr]).toEqual([0, 'hello world\n', ''])
  const json = await run(['cat', CID, '--json'])
  expect(json.stdout).toBe('hello world\n')
  expect(JSON.parse(json.stderr)).toEqual({ cid: CID, name: 'x.txt', size: 12, start: 0, end: 12, bytes: 12 })
  await run(['cat', CID, '/x.txt', '--range', '-500', '--keep'], { cwd: '/here' })
  await run(['cat', CID, '--range=1024-'])
  expect(asked).toEqual([
    { ref: CID, path: 'a/b/x.txt', range: { first: 0, last: 11 } },
    { ref: CID },
    { ref: CID, path: 'x.txt', range: { suffix: 500 }, keep: '/here' },
    { ref: CID, range: { first: 1024 } }
  ])
})

test('what makes no sense ends with 2 before the daemon is asked', async () => {
  const asked: ReadRequest[] = []
  const { run } = await daemon([FILE, DONE], asked)
  for (const range of ['', '5', '5-4', '1-2,5-6', 'x-', '-'])
    expect((await run(['cat', CID, `--range=${range}`])).code, range).toBe(2)
  for (const line of [[], ['nonsense'], [CID, '../x'], [CID, 'a', 'b']])
    expect((await run(['cat', ...line])).code, line.join(' ')).toBe(2)
  expect(asked).toEqual([])
})

const WAIT = Symbol('wait')

/** A daemon that goes on where WAIT stands once stderr shows what the test waits for. */
async function watched(
  parts: readonly (string | ReadEvent | typeof WAIT)[],
  pattern: RegExp,
  screen?: typeof SCREEN
) {
  const seen = Promise.withResolvers<void>()
  const { run } = await testHome({
    async *read() {
      for (const part of parts) {
        if (part === WAIT) await seen.promise
        else yield typeof part === 'string' ? new RawPart(Buffer.from(part)) : part
      }
    }
  })
  const onStderr = (text: string): void => {
    if (pattern.test(text)) seen.resolve()
  }
  return run(['cat', CID], { isTTY: true, onStderr, ...(screen === undefined ? {} : { screen }) })
}

test('to a terminal: what it waits for, then text alone; never control characters, unless --raw', async () => {
  const waiting: ReadEvent = { event: 'state', cid: CID, name: 'x', phase: phase() }
  const text = [waiting, WAIT, FILE, 'héllo\tworld\r\n', DONE] as const
  const shown = await watched(text, /looking for peers/, SCREEN)
  expect([shown.code, shown.stdout]).toEqual([0, 'héllo\tworld\r\n'])
  expect(shown.stderr).not.toContain('reading')
  const binary = await daemon([FILE, 'begin\n', '\u001b]0;title\u0007', DONE])
  const refused = await binary.run(['cat', CID], { screen: SCREEN })
  expect([refused.code, refused.stdout]).toEqual([1, 'begin\n'])
  expect(refused.stderr).toMatch(/no plain text.*--raw/)
  expect((await binary.run(['cat', CID, '--raw'], { screen: SCREEN })).code).toBe(0)
  expect((await binary.run(['cat', CID])).stdout).toContain('\u001b')
})

test('elsewhere a terminal beside it shows how far it is', async () => {
  const { code, stdout } = await watched(
    [FILE, 'hello ', WAIT, 'world\n', DONE],
    /x\.txt[^]*reading .*6 B of 12 B/
  )
  expect([code, stdout]).toEqual([0, 'hello world\n'])
})

test('control characters are found over the seam of two parts, and text is none', () => {
  const dangerous = (...parts: (string | Uint8Array)[]): boolean => {
    const hazard = new TerminalHazard()
    return parts.some((part) => hazard.isIn(typeof part === 'string' ? Buffer.from(part) : part))
  }
  expect(dangerous('naïve\n', 'Ω\t€\r\n', '\u00a0')).toBe(false)
  for (const text of ['\0', '\u001b[2J', '\u007f', '\u009b2J']) expect(dangerous('a', text), text).toBe(true)
  expect(dangerous(Uint8Array.of(0xc2), Uint8Array.of(0x9b))).toBe(true)
  expect(dangerous(Uint8Array.of(0xc3), Uint8Array.of(0x9b))).toBe(false)
})

test('a failure in the middle is an error after the bytes; a folder is wrong usage; silence ends with 4', async () => {
  const failing = (code: string, fault: 'disk' | 'user') =>
    testHome({
      async *read(_request, signal) {
        yield new RawPart(Buffer.from('part'))
        if (code === 'none') await new Promise((resolve) => signal.addEventListener('abort', resolve))
        throw new ShareError({ code, fault, message: 'so it is' })
      }
    })
  const broken = await (await failing('storage.changed', 'disk')).run(['cat', CID])
  expect([broken.code, broken.stdout, broken.stderr]).toEqual([
    6,
    'part',
    expect.stringContaining('so it is')
  ])
  expect((await (await failing('content.is-folder', 'user')).run(['cat', CID])).code).toBe(2)
  const silent = await (await failing('none', 'user')).run(['cat', CID, '--timeout', '1s'])
  expect([silent.code, silent.stderr]).toEqual([
    4,
    expect.stringMatching(/no progress for 1s.*Nothing goes on/s)
  ])
  const { run } = await failing('none', 'user')
  const left = await run(['cat', CID], { interrupt: (press) => setTimeout(press, 50) })
  expect(left.code).toBe(130)
})
