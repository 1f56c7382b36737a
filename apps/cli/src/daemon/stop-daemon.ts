import { readFileSync } from 'node:fs'
import { isShareError, ShareError } from '@p2pshare/base'
import type { Invocation } from '../command.ts'
import { openClient } from './client.ts'

/** Milliseconds that a daemon may take to stop; it promises 5 s. */
const STOP_TIMEOUT = 15_000
const STEP = 50

/** Stops this home's daemon and waits until it is gone. @returns its pid, undefined when none ran */
export async function stopDaemon(call: Invocation): Promise<number | undefined> {
  let pid: number
  try {
    pid = (await (await openClient(call)).shutdown()).pid
  } catch (error) {
    if (isShareError(error, 'control.daemon-not-running')) return undefined
    throw error
  }
  const deadline = Date.now() + STOP_TIMEOUT
  // Its socket is gone sooner, but a new daemon needs the home, which it holds to the end.
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw notStopped(pid)
    await new Promise((resolve) => setTimeout(resolve, STEP))
  }
  return pid
}

/** Signal 0 only asks; EPERM means that it lives and is another user's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** In a container nobody may collect ended processes; they answer signal 0 for ever (proc_pid_stat(5)). */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

function notStopped(pid: number): ShareError {
  return new ShareError({
    code: 'cli.daemon-does-not-stop',
    fault: 'daemon',
    message: `the daemon (pid ${pid}) has not stopped within ${STOP_TIMEOUT / 1000} s`,
    hint: 'See its log; ending the process loses at most the last two seconds of downloads.',
    detail: { pid }
  })
}
