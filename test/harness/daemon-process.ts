import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { DAEMON_NODE_FLAGS } from '../../apps/cli/src/daemon/node-flags.ts'
import { type CommandResult, P2PSHARE, type RunningCommand, startCommand } from './command.ts'
import { isolatedEnvironment } from './isolation.ts'
import { type NamespaceHost, onHost } from './namespace-host.ts'

/** The line that `daemon run` prints when it serves. */
export interface ReadyLine {
  event: 'ready'
  peerId: string
  addresses: string[]
  socket: string
}

/** What a daemon of a test is made of. */
export interface DaemonOptions {
  name: string
  home: string
  /** File that takes its stderr, appended over restarts. */
  log: string
  bootstrap?: readonly string[]
  env?: Readonly<Record<string, string>>
  privateNetwork?: string
  /** Flags of Node besides those that every daemon gets, such as of its profiler. */
  nodeFlags?: readonly string[]
  /** Where it runs, instead of on this machine's loopback. */
  host?: NamespaceHost
  /** Another build of p2pshare than the sources: the program and its first arguments. */
  program?: readonly string[]
}

/** How long a daemon may take to serve, and to stop after SIGTERM, before the test gives up. */
const START_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 15_000
const LOG_TAIL = 8_000

/** One daemon as a child process, with a home of its own; may be stopped or killed and started again. */
export class DaemonProcess {
  readonly options: DaemonOptions
  #child: ChildProcess | undefined
  #ready: ReadyLine | undefined

  constructor(options: DaemonOptions) {
    this.options = options
  }

  /** What it said when it was ready; throws before that. */
  get ready(): ReadyLine {
    if (this.#ready === undefined) throw new Error(`daemon ${this.options.name} is not running`)
    return this.#ready
  }

  /** Its process id; throws when it is not running. */
  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error(`daemon ${this.options.name} is not running`)
    return pid
  }

  /** Its addresses with `/p2p/<peer>` at the end, for the `bootstrap` of others. */
  get multiaddrs(): string[] {
    const { addresses, peerId } = this.ready
    return addresses.map((address) => (address.includes('/p2p/') ? address : `${address}/p2p/${peerId}`))
  }

  /** Starts it and waits until it serves; throws with its log when it ends or takes too long. */
  async start(): Promise<ReadyLine> {
    const { home, log, nodeFlags = [], program } = this.options
    mkdirSync(home, { recursive: true, mode: 0o700 })
    mkdirSync(dirname(log), { recursive: true })
    const stderr = openSync(log, 'a')
    const run = [
      ...(program ?? [process.execPath, ...DAEMON_NODE_FLAGS, ...nodeFlags, P2PSHARE]),
      'daemon',
      'run',
      '--json',
      '--home',
      home
    ]
    const child = spawn(...onHost(this.options.host, run), {
      env: this.#environment(),
      cwd: home,
      stdio: ['ignore', 'pipe', stderr]
    })
    closeSync(stderr)
    this.#child = child
    child.once('exit', () => {
      if (this.#child === child) this.#child = this.#ready = undefined
    })
    this.#ready = await this.#untilReady(child)
    return this.#ready
  }

  async #untilReady(child: ChildProcess): Promise<ReadyLine> {
    const { promise, resolve, reject } = Promise.withResolvers<ReadyLine>()
    const fail = (why: string): void => reject(new Error(`daemon ${this.options.name} ${why}\n${this.log()}`))
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`was not ready within ${START_LIMIT_MS} ms`)
    }, START_LIMIT_MS)
    child.once('error', (error) => fail(`did not start: ${error.message}`))
    child.once('exit', (code, signal) => fail(`ended with ${code ?? signal} before it was ready`))
    if (child.stdout === null) throw new Error('stdout is a pipe')
    // Keeps reading after the ready line, or a full pipe would stop the daemon.
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"ready"')) resolve(JSON.parse(line) as ReadyLine)
    })
    try {
      return await promise
    } finally {
      clearTimeout(limit)
    }
  }

  /** Runs `p2pshare <args> --json` against this daemon and waits for the end. */
  run(args: readonly string[], options: { cwd?: string; limit?: number } = {}): Promise<CommandResult> {
    return this.begin([...args, '--json'], options).ended
  }

  /** Starts a command against this daemon, `--json` or not as the caller says. */
  begin(args: readonly string[], options: { cwd?: string; limit?: number } = {}): RunningCommand {
    const { host, home, program } = this.options
    return startCommand(args, {
      env: this.#environment(),
      cwd: options.cwd ?? home,
      ...limitOf(options),
      // Where the daemon is: a command that finds none starts one.
      ...(host === undefined ? {} : { host }),
      ...(program === undefined ? {} : { program })
    })
  }

  /** Runs a script of bash in which `p2pshare` is the command against this daemon, in the daemon's home. */
  shell(script: string): Promise<CommandResult> {
    const command = `p2pshare() { '${process.execPath}' '${P2PSHARE}' "$@"; }\n${script}`
    const where = { env: this.#environment(), cwd: this.options.home, program: ['bash'] }
    return startCommand(['-c', command], where).ended
  }

  #environment(): Record<string, string> {
    return isolatedEnvironment(this.options)
  }

  /** Ends it with a signal and waits for that; SIGKILL follows when it does not obey. Answers its exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): Promise<number | null> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null
    const exit = once(child, 'exit')
    child.kill(signal)
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    const [code] = (await exit) as [number | null]
    clearTimeout(limit)
    return code
  }

  /** The ends of what it wrote to stderr and to the log in its home. */
  log(): string {
    return [this.options.log, join(this.options.home, 'daemon.log')].map(tail).join('')
  }
}

function tail(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-LOG_TAIL)
  } catch {
    // Not written yet, or the home is gone: nothing to show.
    return ''
  }
}

function limitOf(options: { limit?: number }): { limit?: number } {
  return options.limit === undefined ? {} : { limit: options.limit }
}
