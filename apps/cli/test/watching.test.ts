import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import type { Moment } from '@p2pshare/control'
import { describe, expect, test } from 'vitest'
import { momentOf, observed } from './frames.ts'
import { Keyboard } from './keyboard.ts'
import { CID, testHome } from './run-cli.ts'

/** A daemon that tells these moments and then ends, or stays silent. */
const telling = (moments: Moment[], then: 'ends' | 'silent' = 'ends') => {
  const asked: unknown[] = []
  const observe = async function* (request: unknown, signal: AbortSignal): AsyncGenerator<Moment> {
    asked.push(request)
    yield* moments
    if (then === 'silent' && !signal.aborted) await once(signal, 'abort')
  }
  return { parts: { observe }, asked }
}

const MOMENT = momentOf([observed()])
const SCREEN = { columns: 80, rows: 24 }

describe('top and status --watch', () => {
  test.each([
    [['top'], { shares: 60 }],
    [['status', '--watch'], { shares: 20 }],
    [['status', '-w', CID], { shares: 20, ref: CID }]
  ])('%j --json: an object each time', async (line, request) => {
    const { parts, asked } = telling([MOMENT, momentOf([])])
    const { run } = await testHome(parts)
    const { code, lines, stderr } = await run([...line, '--json'], { screen: SCREEN })
    expect(asked).toEqual([request])
    expect(lines).toEqual([MOMENT, momentOf([])])
    // The stream ended, and nobody here had asked for that.
    expect([code, stderr]).toEqual([3, 'the daemon has stopped\n'])
  })

  test('no terminal: lines of what changed, the last ones too', async () => {
    const later = momentOf([observed({ name: 'other' })])
    const { run } = await testHome(telling([MOMENT, MOMENT, later]).parts)
    const { stdout } = await run(['status', '--watch'])
    const line = '12 of 30 pieces, 41 %, 12.3 MiB of 30.0 MiB, 1.2 MiB/s, 3 peers, 15s left'
    expect(stdout).toBe(`holiday.mp4: ${line}\nother: ${line}\n`)
  })

  test('no terminal, and nothing to show: that is said', async () => {
    const { run } = await testHome(
      telling([momentOf([], { more: 0 }), momentOf([observed()], { more: 7 })]).parts
    )
    const { stdout } = await run(['status', '--watch'])
    expect(stdout).toMatch(/^nothing is shared yet\nholiday\.mp4: [^\n]+\n… and 7 more; see p2pshare list\n$/)
  })

  test.each([{ TERM: 'dumb' }, { CI: '1' }])('%j: lines on a terminal, too', async (env) => {
    const { run } = await testHome(telling([MOMENT]).parts)
    expect((await run(['top'], { screen: SCREEN, env })).stdout).not.toContain('\u001b')
  })

  test('NO_COLOR: a frame without colours', async () => {
    const { run } = await testHome(telling([MOMENT]).parts)
    const { stdout } = await run(['top'], { screen: SCREEN, env: { NO_COLOR: '1' } })
    expect(stdout).toContain('\u001b[?1049h')
    expect(stdout).not.toMatch(/\[[\d;]*m/)
  })

  test.each([
    ['q', 0],
    ['x\u001b[A\u0003', 130]
  ])('top: the keys %j leave it with %i, and give the terminal back', async (keys, exit) => {
    const keyboard = new Keyboard()
    const { run } = await testHome(telling([MOMENT], 'silent').parts)
    const { code, stdout } = await run(['top'], {
      ...{ screen: SCREEN, keys: keyboard },
      onStdout: (text) => {
        if (text.includes('holiday.mp4')) keyboard.press(keys)
      }
    })
    expect(code).toBe(exit)
    expect(keyboard.modes).toEqual([true, false])
    expect(stdout.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
    for (const event of ['exit', 'SIGTERM', 'SIGHUP']) expect(process.listenerCount(event)).toBeLessThan(3)
  })

  test('status --watch: Ctrl-C leaves the last frame', async () => {
    const { run } = await testHome(telling([MOMENT], 'silent').parts)
    let press: () => void = () => undefined
    const { code, stdout } = await run(['status', '--watch'], {
      screen: SCREEN,
      interrupt: (callback) => {
        press = callback
      },
      onStdout: (text) => {
        if (text.includes('holiday.mp4')) press()
      }
    })
    expect(code).toBe(130)
    expect(stripVTControlCharacters(stdout)).toContain('41 %')
    expect(stdout.endsWith('\u001b[?25h')).toBe(true)
  })
})
