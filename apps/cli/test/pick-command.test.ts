import type { FetchRequest, Selection, SelectRequest, ShareEntryView } from '@p2pshare/control'
import { ShareError } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { Keyboard } from './keyboard.ts'
import { CID, type Outcome, phase, type RunOptions, testHome } from './run-cli.ts'

const ENTRIES: ShareEntryView[] = [
  { kind: 'folder', path: 'photos', size: 3000 },
  { kind: 'file', number: 1, path: 'photos/a.jpg', size: 1000 },
  { kind: 'file', number: 2, path: 'photos/b\u001b[2J.jpg', size: 2000 },
  { kind: 'file', number: 3, path: 'notes.txt', size: 10 }
]
const SELECTION: Selection = {
  cid: CID,
  state: 'fetching',
  files: 3,
  size: 3010,
  wantedFiles: 3,
  wantedSize: 3010
}

type Ended = Pick<Outcome, 'code' | 'stdout' | 'stderr'> & { modes: boolean[] }

/** A daemon with a share, and a terminal in which keys are pressed as soon as the picker is to be seen. */
async function terminal(more: { known?: boolean; isPrivate?: boolean } = {}): Promise<{
  pick: (line: string[], keys: string, options?: RunOptions) => Promise<Ended>
  fetched: FetchRequest[]
  selected: SelectRequest[]
  asked: object[]
}> {
  const { known = true, isPrivate = false } = more
  const kind = isPrivate ? { private: true } : {}
  const fetched: FetchRequest[] = []
  const selected: SelectRequest[] = []
  const asked: object[] = []
  const { run } = await testHome({
    async *entries(request, signal) {
      asked.push(request)
      yield { event: 'state', cid: CID, name: 'album', phase: phase() }
      if (!known) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      yield { event: 'entries', entries: ENTRIES.slice(0, 2) }
      yield { event: 'entries', entries: ENTRIES.slice(2) }
      yield { event: 'done', cid: CID, name: 'album', files: 3, folders: 1, size: 3010, ...kind }
    },
    async checkFetch({ output, force }) {
      if (output?.endsWith('/taken') === true && !force)
        throw new ShareError({ code: 'storage.target-exists', fault: 'user', message: 'taken exists' })
      return { cid: CID }
    },
    async *fetch(request) {
      fetched.push(request)
      yield { event: 'done', cid: CID, name: 'album', path: '/x/album', size: 1000 }
    },
    async select(request) {
      if (request.ref !== CID)
        throw new ShareError({ code: 'session.unknown-share', fault: 'user', message: 'it is not here' })
      selected.push(request)
      return SELECTION
    }
  })
  const pick = async (line: string[], keys: string, options: RunOptions = {}): Promise<Ended> => {
    const keyboard = new Keyboard()
    let isPressed = false
    const outcome = await run(line, {
      ...{ isTTY: true, keys: keyboard },
      onStderr: (text) => {
        if (isPressed || !text.includes('chosen,')) return
        isPressed = true
        // As a key is: after the frame is drawn.
        queueMicrotask(() => keyboard.press(keys))
      },
      ...options
    })
    const { code, stdout, stderr } = outcome
    return { code, stdout, stderr, modes: keyboard.modes }
  }
  return { pick, fetched, selected, asked }
}

test('a private share is not picked from, neither by its link nor where its key is; nor is - read beside keys', async () => {
  const { pick, fetched } = await terminal({ isPrivate: true })
  for (const line of [
    ['fetch', CID],
    ['fetch', `p2pshare:${CID}?sealed=1`],
    ['select', CID]
  ]) {
    const { code, stderr, modes } = await pick([...line, '--pick'], ' ')
    expect([code, modes]).toEqual([2, []])
    expect(stderr).toContain('is fetched whole')
  }
  const { code, stderr } = await pick(['fetch', '-', '--pick'], ' ', { input: CID })
  expect([code, stderr]).toEqual([2, expect.stringContaining('reads keys')])
  expect(fetched).toEqual([])
})

const GIVEN_BACK = '\u001b[?25h\u001b[?1049l'

describe('fetch --pick', () => {
  test('shows the share, and fetches what is picked', async () => {
    const { pick, fetched, asked } = await terminal()
    const { code, stderr, modes } = await pick(['fetch', CID, '--pick'], '\u001b[B h\u001b[B \r')
    expect(code, stderr).toBe(0)
    expect(asked).toEqual([{ ref: CID }])
    const numbers = (...ranges: number[][]): object => ({ paths: [], globs: [], numbers: ranges })
    expect(fetched).toMatchObject([
      { ref: CID, priorities: { high: numbers([1, 1]), skip: numbers([2, 2]) } }
    ])
    expect(stderr).toContain('\u001b[?1049h')
    expect(stderr).toContain('b\\u{1B}[2J.jpg')
    expect(stderr).not.toContain('\u001b[2J')
    expect(modes).toEqual([true, false])
    // The terminal is given back before the download is shown.
    expect(stderr.indexOf(GIVEN_BACK)).toBeLessThan(stderr.indexOf('complete and verified'))
  })

  test('a target that exists is told before anything is shown or looked for, unless it may be replaced', async () => {
    const { pick, fetched, asked } = await terminal()
    const { code, stderr, modes } = await pick(['fetch', CID, '--pick', '-o', 'taken'], '\r')
    expect([code, fetched, asked, modes]).toEqual([1, [], [], []])
    expect(stderr).toContain('taken exists')
    await pick(['fetch', CID, '--pick', '-o', 'taken', '--force'], '\r')
    expect(fetched).toMatchObject([{ ref: CID, force: true }])
  })

  test('with nothing changed it fetches all; of a path only what is below it', async () => {
    const { pick, fetched, asked } = await terminal()
    await pick(['fetch', `${CID}/photos`, '--pick'], '\r')
    expect(asked).toEqual([{ ref: CID, path: 'photos' }])
    expect(fetched).toMatchObject([{ ref: CID, choice: { paths: ['photos'] } }])
    expect(fetched[0]).not.toHaveProperty('priorities')
  })

  test.each(['q', '\u001b', '\u0003'])(
    'the key %j leaves with nothing begun and the terminal as it was',
    async (key) => {
      const { pick, fetched } = await terminal()
      const { code, stderr, stdout, modes } = await pick(['fetch', CID, '--pick'], ` h${key}`)
      expect([code, stdout, fetched, modes]).toEqual([130, '', [], [true, false]])
      expect(stderr).toMatch(/\u001b\[\?25h\u001b\[\?1049lleft without choosing; nothing is fetched\n$/)
      for (const event of ['exit', 'SIGTERM', 'SIGHUP']) expect(process.listenerCount(event)).toBeLessThan(3)
    }
  )

  test('a signal, or a failure while it draws, leaves it, too', async () => {
    const { pick, fetched } = await terminal()
    let signal: () => void = () => undefined
    const interrupt = (press: () => void): void => {
      signal = press
    }
    const onStderr = (text: string): void => {
      if (text.includes('chosen,')) queueMicrotask(signal)
    }
    const left = await pick(['fetch', CID, '--pick'], '', { interrupt, onStderr })
    expect([left.code, left.modes, fetched]).toEqual([130, [true, false], []])
    const broken = (text: string): void => {
      if (text.includes('notes')) throw new Error('no more paper')
    }
    const failed = await pick(['fetch', CID, '--pick'], '', { onStderr: broken })
    expect([failed.code, failed.modes, fetched]).toEqual([1, [true, false], []])
    expect(failed.stderr).toContain(GIVEN_BACK)
    expect(failed.stderr).toContain('no more paper')
  })

  test('while the index is awaited, Ctrl-C leaves; --timeout ends it with 4', async () => {
    const { pick, fetched } = await terminal({ known: false })
    const left = await pick(['fetch', CID, '--pick'], '', {
      interrupt: (press) => queueMicrotask(() => setImmediate(press))
    })
    expect([left.code, left.stderr]).toEqual([130, expect.stringContaining('nothing is fetched')])
    const silent = await pick(['fetch', CID, '--pick', '--timeout', '1s'], '')
    expect([silent.code, silent.stderr, fetched]).toEqual([
      4,
      expect.stringContaining('no progress for 1s'),
      []
    ])
  })

  test('NO_COLOR: no colours', async () => {
    const { pick } = await terminal()
    const plain = await pick(['fetch', CID, '--pick'], 'q', { env: { NO_COLOR: '1' } })
    expect(plain.stderr).toContain('chosen,')
    expect(plain.stderr).not.toMatch(/\[[\d;]*m/)
  })

  test.each<[string, string[], RunOptions, RegExp]>([
    ['no terminal', [], { isTTY: false }, /needs a terminal.*--select, --only.*p2pshare ls/],
    ['no keyboard', [], { isTTY: true }, /needs a terminal/],
    ['TERM=dumb', [], { env: { TERM: 'dumb' } }, /needs a terminal/],
    ['--json', ['--json'], {}, /--json answers a program/],
    ['--select', ['--select', 'x'], {}, /--pick and --select exclude each other/],
    ['--high', ['--high', 'x'], {}, /--pick and --high exclude each other/]
  ])('%s: wrong usage, before anything is asked of anyone', async (what, words, options, why) => {
    const { pick, asked } = await terminal()
    const keyless = what === 'no keyboard' ? { keys: Object.assign(new Keyboard(), { isTTY: false }) } : {}
    for (const command of ['fetch', 'select']) {
      if (command === 'select' && words[0] === '--select') continue
      const { code, stderr } = await pick([command, CID, '--pick', ...words], '', { ...options, ...keyless })
      expect([code, asked, stderr]).toEqual([2, [], expect.stringMatching(why)])
    }
  })
})

describe('select --pick', () => {
  test('changes what is picked, and nothing when one leaves', async () => {
    const { pick, selected } = await terminal()
    expect((await pick(['select', CID, '--pick'], ' \u001b[B\u001b[Bl\r')).code).toBe(0)
    expect(selected).toMatchObject([
      { ref: CID },
      { priorities: { skip: { numbers: [[1, 1]] }, low: { numbers: [[2, 2]] } } }
    ])
    const left = await pick(['select', CID, '--pick'], ' q')
    expect([left.code, left.stderr]).toEqual([130, expect.stringContaining('nothing has changed')])
    expect(selected.length).toBe(3)
    expect(selected[2]).not.toHaveProperty('priorities')
  })

  test('of a share that is not here says so, and asks nobody for its index', async () => {
    const { pick, asked } = await terminal()
    const { code, stderr } = await pick(['select', `ipfs://${CID}`, '--pick'], '')
    expect([code, asked, stderr]).toEqual([1, [], expect.stringContaining('it is not here')])
    expect((await pick(['select', CID, 'x', '--pick'], '')).code).toBe(2)
  })
})
