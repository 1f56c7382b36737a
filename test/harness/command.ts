import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { repositoryRoot } from '../../scripts/root.mjs'
import { type NamespaceHost, onHost } from './namespace-host.ts'

/** The `p2pshare` program as users start it. */
export const P2PSHARE = join(repositoryRoot, 'apps', 'cli', 'bin', 'p2pshare.js')

/** How a command ended. */
export interface CommandResult {
  /** Exit code; 128 + n when signal n ended it. */
  code: number
  stdout: string
  stderr: string
  /** The JSON objects of stdout, one a line; throws when a line is something else. */
  lines(): Record<string, unknown>[]
  /** The last of {@link lines}; throws with stderr when there is none. */
  json(): Record<string, unknown>
}

/** A command that is still going. */
export interface RunningCommand {
  readonly child: ChildProcess
  /** Settles when it has ended; never rejects because of its exit code. */
  readonly ended: Promise<CommandResult>
}

/** Where and how to run a command. */
export interface CommandOptions {
  env: Record<string, string>
  cwd: string
  /** Ends the command with SIGKILL after so many ms; 120,000 when left out. */
  limit?: number
  /** Where it runs, instead of on this machine. */
  host?: NamespaceHost
  /** The program and its first arguments; the sources' command on this Node when left out. */
  program?: readonly string[]
}

/** How long output may still come after a command's end. */
const PIPE_GRACE_MS = 5_000

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

function parseLines(stdout: string): Record<string, unknown>[] {
  const lines = stdout.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

function result(code: number, stdout: string, stderr: string, args: readonly string[]): CommandResult {
  const lines = (): Record<string, unknown>[] => parseLines(stdout)
  return {
    code,
    stdout,
    stderr,
    lines,
    json() {
      const last = lines().at(-1)
      if (last === undefined)
        throw new Error(`p2pshare ${args.join(' ')} gave no JSON (exit ${code}): ${stderr}`)
      return last
    }
  }
}

/** Starts `p2pshare <args>`. */
export function startCommand(args: readonly string[], options: CommandOptions): RunningCommand {
  const child = spawn(
    ...onHost(options.host, [...(options.program ?? [process.execPath, P2PSHARE]), ...args]),
    {
      env: options.env,
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe']
    }
  )
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const limit = setTimeout(() => child.kill('SIGKILL'), options.limit ?? 120_000)
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject)
    const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(limit)
      resolve(result(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0), stdout, stderr, args))
    }
    child.on('close', settle)
    // A daemon that the command started must not hold its pipes open; if it does, the test still ends.
    child.on('exit', (code, signal) => setTimeout(settle, PIPE_GRACE_MS, code, signal).unref())
  })
  return { child, ended }
}
