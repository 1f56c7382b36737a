import { formatShareLink, parseShareRef } from '@p2pshare/content'
import { expect, test } from 'vitest'
import { CID, phase, testHome } from './run-cli.ts'

const key = { secret: new Uint8Array(32).fill(1), check: new Uint8Array(8) }
const LINK = formatShareLink({ root: parseShareRef(CID).root, key, peers: [] })

test('the link may come on standard input, so that no history of a shell has its key', async () => {
  const asked: unknown[] = []
  const { run } = await testHome({
    async *fetch(request) {
      asked.push(request)
      yield { event: 'done', cid: CID, name: 'x', path: '/x', size: 1 }
    },
    async *entries(request) {
      asked.push(request)
      yield { event: 'done', cid: CID, name: 'x', files: 0, folders: 0, size: 0 }
    }
  })
  for (const command of ['fetch', 'open', 'ls']) {
    const outcome = await run([command, '-'], { input: ` ${LINK}\r\nsomething else\n` })
    expect(outcome.code, outcome.stderr).toBe(0)
    expect(outcome.stdout + outcome.stderr).not.toContain('#key=')
  }
  expect(asked).toMatchObject([{ ref: LINK }, { ref: LINK }, { ref: LINK }])
})

test('what is no link there, or nothing, is refused, and the key is not repeated', async () => {
  const { run } = await testHome({})
  const none = await run(['fetch', '-'], { input: '\n' })
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('and there is none')])
  expect((await run(['ls', '-'])).code).toBe(2)
  for (const line of [LINK.replace('bafk', 'bafx'), LINK.slice(0, -1), `${LINK}&key=AA`]) {
    const { code, stdout, stderr } = await run(['fetch', '-'], { input: line })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).not.toContain(LINK.slice(-55, -40))
  }
})

test('nothing that is shown while it is looked for, or fails, has the key', async () => {
  const { run } = await testHome({
    async *entries(_, signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      yield* []
    },
    async *fetch(_, signal) {
      yield { event: 'state', cid: CID, name: CID, state: 'fetching', phase: phase() }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
  })
  for (const line of [
    ['ls', LINK],
    ['fetch', LINK],
    ['cat', LINK, 'a']
  ]) {
    for (const more of [[], ['--json']]) {
      const { code, stdout, stderr } = await run([...line, '--timeout', '1s', ...more])
      expect(code).not.toBe(0)
      expect(stdout + stderr).not.toContain(LINK.slice(-55, -40))
    }
  }
})
