import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'
import { isRemote, openClient, runningDaemon } from './client.ts'
import { daemonEnvironment } from './daemon-options.ts'

/** Milliseconds until a started daemon must serve; a catalogue of many shares takes seconds to open. */
const START_TIMEOUT = 60_000
/** Milliseconds to go on trying while another daemon, starting or stopping, has the home. */
const RACE_TIMEOUT = 10_000
const RACE_STEP = 250

/** The daemon of this home, started when none runs. @throws ShareError `cli.daemon-start-failed` */
export async function ensureDaemon(
  call: Invocation,
  daemonArgs: readonly string[] = []
): Promise<ControlClient> {
  // That of another machine is started there.
  if (!isRemote(call) && (await runningDaemon(call)) === undefined) {
    call.terminal.note('starting the daemon …')
    await startDaemon(call, daemonArgs)
  }
  return openClient(call)
}

/**
 * Starts `p2pshare daemon run` in the background and waits until it serves. When another process
 * was quicker, its daemon is as good as ours; when one is just stopping, its home is free soon.
 */
export async function startDaemon(call: Invocation, daemonArgs: readonly string[]): Promise<void> {
  const outFile = join(dirname(call.home.logFile), 'daemon.out')
  const deadline = Date.now() + RACE_TIMEOUT
  for (;;) {
    const outcome = await settled(launch(call, outFile, daemonArgs))
    if (outcome === 'ready') return
    const said = lastLine(outFile)
    if ((await runningDaemon(call)) !== undefined) return
    const isTaken = /another daemon|already running/i.test(said)
    if (!isTaken || Date.now() > deadline)
      throw startFailed(
        said === '' ? `it ${outcome}` : said,
        `Its output is in ${printable(outFile)}; p2pshare daemon run shows it here.`
      )
    await new Promise((resolve) => setTimeout(resolve, RACE_STEP))
  }
}

function launch(call: Invocation, outFile: string, daemonArgs: readonly string[]): ChildProcess {
  const home = call.homeGiven === undefined ? [] : ['--home', call.homeGiven]
  try {
    mkdirSync(call.home.home, { recursive: true, mode: 0o700 })
    mkdirSync(dirname(outFile), { recursive: true, mode: 0o700 })
    const out = openSync(outFile, 'w', 0o600)
    try {
      const args = [...call.around.self, 'daemon', 'run', ...home, ...daemonArgs]
      return spawn(process.execPath, args, {
        // Not the caller's folder: a daemon there would keep a disk from being unmounted.
        cwd: call.home.home,
        env: daemonEnvironment(call.around.env, call.around.cwd),
        detached: true,
        windowsHide: true,
        stdio: ['ignore', out, out, 'ipc']
      })
    } finally {
      closeSync(out)
    }
  } catch (error) {
    throw startFailed(
      printable((error as Error).message, 4096),
      'Check the rights and the disk of the home, or choose another one with --home.'
    )
  }
}

/** Waits for the word `ready`, the child's end, or the time-out; lets go of the child in each case. */
function settled(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    const end = (outcome: string): void => {
      clearTimeout(timer)
      child.removeAllListeners()
      // Late errors of a child that was let go must not end this process.
      child.on('error', () => undefined)
      if (child.connected) child.disconnect()
      child.unref()
      resolve(outcome)
    }
    const timer = setTimeout(() => {
      child.kill()
      end(`was not ready after ${START_TIMEOUT / 1000} s`)
    }, START_TIMEOUT)
    child.once('error', (error) => end(printable(error.message)))
    child.once('exit', (code, signal) =>
      end(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`)
    )
    child.on('message', (message) => {
      if ((message as { event?: unknown } | null)?.event === 'ready') end('ready')
    })
  })
}

/** What the daemon said last before it gave up. */
function lastLine(file: string): string {
  try {
    const line = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? ''
    return printable(wordsOf(line).replace(/^p2pshare: /, ''), 500)
  } catch {
    return ''
  }
}

/** The message in a line of JSON (an error with --json, a log line), or the line itself. */
function wordsOf(line: string): string {
  try {
    const parsed = JSON.parse(line) as { error?: { message?: unknown }; msg?: unknown } | null
    const words = parsed?.error?.message ?? parsed?.msg
    return typeof words === 'string' ? words : line
  } catch {
    return line
  }
}

function startFailed(why: string, hint: string): ShareError {
  return new ShareError({
    code: 'cli.daemon-start-failed',
    fault: 'daemon',
    message: `the daemon cannot start: ${why}`,
    hint
  })
}
