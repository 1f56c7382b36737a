import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { P2PSHARE } from './command.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { eventually } from './eventually.ts'
import { isolatedEnvironment } from './isolation.ts'
import type { TestBed } from './test-bed.ts'

const run = promisify(execFile)

/** How large a terminal is. */
export interface TerminalSize {
  columns: number
  rows: number
}

/** Every way to leave a program must have done so within this, ms. */
const END_LIMIT_MS = 15_000
/**
 * Says what is run, as a shell's prompt would, runs it, notes how it left the terminal and its exit code, and stays:
 * tmux changes the terminal of a program that has ended.
 */
const AFTER_A_PROMPT = [
  'trap : INT; echo "$ p2pshare $SHOWN_LINE"; "$@"; code=$?',
  'stty -a >"$END_FILE"; echo "code $code" >>"$END_FILE"; exec cat >/dev/null'
].join('; ')
/** Of the developer's surroundings, what changes how things are drawn. */
const NOT_INHERITED = ['CI', 'NO_COLOR', 'FORCE_COLOR', 'TMUX', 'COLUMNS', 'LINES']

let opened = 0

/**
 * One command in a real pseudo-terminal, and what is to be seen there: tmux draws it. Only its own tmux server is used,
 * and ends with it.
 */
export class TerminalScreen implements AsyncDisposable {
  readonly #socket: string

  private constructor(socket: string) {
    this.#socket = socket
  }

  /** Why there are no terminals here; undefined when there are. */
  static missing(): string | undefined {
    const { status } = spawnSync('tmux', ['-V'])
    return status === 0 ? undefined : 'tmux is not installed'
  }

  /** Starts `p2pshare <args>` against a daemon. */
  static async open(
    bed: TestBed,
    daemon: DaemonProcess,
    args: readonly string[],
    size: TerminalSize,
    env: Readonly<Record<string, string>> = {}
  ): Promise<TerminalScreen> {
    opened++
    const screen = new TerminalScreen(bed.path(`tmux-${opened}`))
    const config = bed.path('tmux.conf')
    writeFileSync(config, 'set -g status off\n')
    const { columns, rows } = size
    await run(
      'tmux',
      [
        ...[
          '-u',
          '-S',
          screen.#socket,
          '-f',
          config,
          'new-session',
          '-d',
          '-x',
          `${columns}`,
          '-y',
          `${rows}`
        ],
        ...['sh', '-c', AFTER_A_PROMPT, 'sh', process.execPath, P2PSHARE, ...args]
      ],
      {
        cwd: bed.root,
        env: environmentOf(daemon, args, { END_FILE: endFile(screen.#socket), ...env })
      }
    )
    return screen
  }

  /** What is to be seen: the lines without blanks at their ends, and without empty ones below. */
  async frame(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).trimEnd()
  }

  /** The same with what has left the screen at its top. */
  async scrolled(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', '-S', '-')).trimEnd()
  }

  /** The first frame that is as wanted. It may be seen while it is drawn, from above: ask for what comes last in it. */
  async until(wanted: RegExp | ((frame: string) => boolean), what: string): Promise<string> {
    let last = ''
    const look = async (): Promise<string | undefined> => {
      last = await this.frame()
      return (wanted instanceof RegExp ? wanted.test(last) : wanted(last)) ? last : undefined
    }
    try {
      return await eventually(look, what)
    } catch (error) {
      throw new Error(`${(error as Error).message}; on the screen:\n${last}`, { cause: error })
    }
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    await this.#tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`)
  }

  /** Presses a key as tmux names it: `q`, `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key)
  }

  /** Sends the command a signal, by the number of its process: the shell that started it waits for it. */
  async signal(name: NodeJS.Signals): Promise<void> {
    const shell = (await this.#tmux('display', '-p', '#{pane_pid}')).trim()
    const { stdout } = await run('pgrep', ['-P', shell])
    process.kill(Number(stdout.trim()), name)
  }

  /** Waits for the command's end. @returns its exit code, and whether lines are edited and shown again as usual */
  async ended(): Promise<{ code: number; usual: boolean }> {
    const look = (): { code: number; usual: boolean } | undefined => {
      const file = endFile(this.#socket)
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      const code = /^code (\d+)$/m.exec(text)?.[1]
      return code === undefined ? undefined : { code: Number(code), usual: / icanon .* echo /s.test(text) }
    }
    return eventually(look, 'the command in the terminal ends', END_LIMIT_MS)
  }

  /** Whether the cursor is to be seen, and whether the program has the other screen, as `1` or `0` each. */
  async modes(): Promise<{ cursor: string; otherScreen: string }> {
    const flags = await this.#tmux('display', '-p', '#{cursor_flag} #{alternate_on}')
    const [cursor = '', otherScreen = ''] = flags.trim().split(' ')
    return { cursor, otherScreen }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The server ends with its last session, which may have been so already.
    await this.#tmux('kill-server').catch(() => undefined)
  }

  async #tmux(...args: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-u', '-S', this.#socket, ...args])
    return stdout
  }
}

/** A command line without hashes and paths. */
const shownLine = ([name, ...rest]: readonly string[]): string =>
  [name, ...rest.filter((word) => word.startsWith('--'))].join(' ')

const endFile = (socket: string): string => `${socket}.end`

function environmentOf(
  daemon: DaemonProcess,
  args: readonly string[],
  env: Readonly<Record<string, string>>
): Record<string, string> {
  const all = {
    ...isolatedEnvironment(daemon.options),
    LC_ALL: 'C.UTF-8',
    SHOWN_LINE: shownLine(args),
    ...env
  }
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !NOT_INHERITED.includes(name) || Object.hasOwn(env, name))
  )
}
