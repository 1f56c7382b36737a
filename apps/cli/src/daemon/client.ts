import { isShareError } from '@p2pshare/base'
import type { DaemonStatus } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'

/** Whether the command talks to a daemon of another machine. */
export const isRemote = (call: Invocation): boolean => call.settings.text('daemon') !== undefined

/** A client of this home's daemon, running or not, or of the one that `--daemon` names. */
export async function openClient(call: Invocation): Promise<ControlClient> {
  const { createControlClient } = await import('@p2pshare/control/client')
  if (isRemote(call)) {
    const { remoteDaemon } = await import('./remote-daemon.ts')
    const daemon = await remoteDaemon(call)
    return createControlClient({ open: () => daemon.open() })
  }
  return createControlClient({ socketPath: call.home.socketPath })
}

/** The daemon's status, or undefined when none runs. @throws ShareError when it runs but cannot answer */
export async function runningDaemon(call: Invocation): Promise<DaemonStatus | undefined> {
  try {
    return await (await openClient(call)).status()
  } catch (error) {
    if (isShareError(error, 'control.daemon-not-running')) return undefined
    throw error
  }
}
