import { isShareError, ShareError } from '@p2pshare/base'
import type { Invocation } from '../command.ts'
import { runningDaemon, openClient } from './client.ts'

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
  while (isAlive(pid) && (await answers(call))) {
    if (Date.now() > deadline) throw notStopped(pid)
    await new Promise((resolve) => setTimeout(resolve, STEP))
  }
  return pid
}

/** Signal 0 only asks; EPERM means that it lives and is another user's. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A zombie in a container is alive for the system, but its socket is gone. */
async function answers(call: Invocation): Promise<boolean> {
  try {
    return (await runningDaemon(call)) !== undefined
  } catch {
    return true
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
