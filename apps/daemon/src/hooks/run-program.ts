import { type ChildProcess, spawn } from 'node:child_process'
import { basename } from 'node:path'
import { printable } from '@p2pshare/base'
import type { HookCommand } from './hook-command.ts'
import type { HookLimits } from './limits.ts'

/** How a program ended. */
export interface ProgramEnd {
  /** 0 is well; null where a signal ended it, or it did not start. */
  code: number | null
  signal?: string
  /** Why it did not start. */
  failure?: string
  /** It took longer than it may and was ended. */
  tookTooLong?: true
  /** The first of what it printed, escaped. */
  output: string
}

/** Time after the end of the program in which what it printed is still read, ms: its own children may keep the pipes. */
const LAST_WORDS = 200

/**
 * Runs a program, without a shell, as the leader of a process group of its own, so that what it starts can be ended
 * with it (on Windows only the program itself is). It has no input; what it prints is read, and cut.
 *
 * @param surroundings.cwd - absolute; nothing that strangers have written should lie there
 * @param stop - ends it early
 * @returns never rejects
 */
export async function runProgram(
  { program, args, variables }: HookCommand,
  surroundings: { cwd: string; env: Readonly<Record<string, string | undefined>> },
  limits: HookLimits,
  stop: AbortSignal
): Promise<ProgramEnd> {
  const output = new CutText(limits.output)
  try {
    const child = spawn(program, args, {
      cwd: surroundings.cwd,
      env: { ...surroundings.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true
    })
    child.stdout.on('data', (data: Buffer) => output.add(data))
    child.stderr.on('data', (data: Buffer) => output.add(data))
    const end = await ended(child, limits, stop)
    return { ...end, output: output.text }
  } catch (error) {
    return { ...notStarted(program, error), output: '' }
  }
}

async function ended(
  child: ChildProcess,
  { time, grace }: HookLimits,
  stop: AbortSignal
): Promise<Omit<ProgramEnd, 'output'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Omit<ProgramEnd, 'output'>>()
  const timers: NodeJS.Timeout[] = []
  let asked: 'too-long' | 'stop' | undefined
  const end = (why: typeof asked) => (): void => {
    if (asked !== undefined) return
    asked = why
    signalGroup(child, 'SIGTERM')
    timers.push(setTimeout(() => signalGroup(child, 'SIGKILL'), grace))
  }
  timers.push(setTimeout(end('too-long'), time))
  const onStop = end('stop')
  stop.addEventListener('abort', onStop)
  child.once('error', reject)
  child.once('exit', (code, signal) => {
    // The group may have outlived its leader; it was told to end, too.
    if (asked !== undefined) signalGroup(child, 'SIGKILL')
    const how = { code, ...(signal === null ? {} : { signal }) }
    const result = asked === 'too-long' ? { ...how, tookTooLong: true as const } : how
    timers.push(setTimeout(() => resolve(result), LAST_WORDS))
    child.once('close', () => resolve(result))
  })
  if (stop.aborted) onStop()
  try {
    return await promise
  } finally {
    for (const timer of timers) clearTimeout(timer)
    stop.removeEventListener('abort', onStop)
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

function signalGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // It ended already.
  }
}

function notStarted(program: string, error: unknown): Omit<ProgramEnd, 'output'> {
  const { code, message } = error as NodeJS.ErrnoException
  return { code: null, failure: `${printable(basename(program), 60)} cannot be started (${code ?? message})` }
}

/** The first bytes of a text; the rest is dropped. */
class CutText {
  readonly #most: number
  readonly #parts: Buffer[] = []
  #length = 0
  #isCut = false

  constructor(most: number) {
    this.#most = most
  }

  add(data: Buffer): void {
    const part = data.subarray(0, this.#most - this.#length)
    this.#isCut ||= part.byteLength < data.byteLength
    if (part.byteLength === 0) return
    // A copy: what arrives may be a slice of a larger buffer.
    this.#parts.push(Buffer.from(part))
    this.#length += part.byteLength
  }

  get text(): string {
    const text = Buffer.concat(this.#parts).toString('utf8').trimEnd()
    return `${printable(text, this.#most)}${this.#isCut ? '…' : ''}`
  }
}
