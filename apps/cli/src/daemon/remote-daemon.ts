import type { Invocation } from '../command.ts'
import { type DaemonStreams, dialRemote } from './dial-remote.ts'
import { daemonNamed } from './saved-daemons.ts'

const opened = new WeakMap<Invocation, Promise<DaemonStreams>>()

/**
 * The daemon that `--daemon` names: one for a command, however often it is asked for, closed when the command is over.
 * @throws ShareError `cli.usage`, `cli.unknown-daemon`, and as `callDaemon`
 */
export function remoteDaemon(call: Invocation): Promise<DaemonStreams> {
  const present = opened.get(call)
  if (present !== undefined) return present
  const daemon = daemonNamed(call.home.daemonsFile, call.settings.text('daemon') ?? '')
  const opening = dialRemote(call, daemon)
  opened.set(call, opening)
  call.closing.push(async () => (await opening).close())
  return opening
}
