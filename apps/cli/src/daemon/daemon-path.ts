import { resolve } from 'node:path'
import type { Invocation } from '../command.ts'
import { isRemote } from './client.ts'

/**
 * A path for the daemon. Its current folder is another one, so paths are resolved here; those for another machine
 * stay as they are: relative ones lie in the downloads folder there.
 */
export function daemonPath(call: Invocation, path: string): string {
  return isRemote(call) ? path : resolve(call.around.cwd, path)
}

/** What further commands to the same daemon need, in hints: nothing, or a blank and `--daemon nas`. */
export function daemonWords({ settings }: Invocation): string {
  const { daemon } = settings.given
  return typeof daemon === 'string' ? ` --daemon ${daemon}` : ''
}
