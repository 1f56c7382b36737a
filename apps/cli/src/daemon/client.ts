import { isShareError } from '@p2pshare/base'
import type { DaemonStatus } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'

/** A client of this home's daemon, running or not. */
export async function openClient(call: Invocation): Promise<ControlClient> {
  const { createControlClient } = await import('@p2pshare/control/client')
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
