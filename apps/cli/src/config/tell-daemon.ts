import { isShareError, printable } from '@p2pshare/base'
import type { ReloadResult } from '@p2pshare/control'
import { CONFIG_KEYS } from '@p2pshare/control/config'
import type { Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { errorLine } from '../render/error-text.ts'

/** What became of a change: what the daemon did with it, or why it did nothing. */
export interface Effect {
  daemon: ReloadResult | null
  /** Sentences for the user. */
  notes: string[]
}

/**
 * Has the daemon read config.json anew, where one runs; it is not started for that. That it cannot is no failure:
 * the file is written. @param keys - those that were changed
 */
export async function tellDaemon(call: Invocation, keys: readonly string[]): Promise<Effect> {
  if (keys.every((key) => CONFIG_KEYS[key]?.counts === 'for commands')) return { daemon: null, notes: [] }
  try {
    const daemon = await (await openClient(call)).reload()
    return { daemon, notes: notesOn(daemon) }
  } catch (error) {
    if (isShareError(error, 'control.daemon-not-running'))
      return { daemon: null, notes: ['no daemon runs; it counts when one starts'] }
    if (!isShareError(error)) throw error
    return { daemon: null, notes: [`written, but the daemon did not take it: ${errorLine(error)}`] }
  }
}

function notesOn({ applied, pending, overruled, warnings }: ReloadResult): string[] {
  const about = (keys: readonly string[], what: string): string[] =>
    keys.length === 0 ? [] : [`${keys.map((key) => printable(key, 60)).join(', ')}: ${what}`]
  return [
    ...about(applied, 'in force now'),
    ...about(pending, 'takes effect at the next start of the daemon'),
    ...about(overruled, "the daemon's command line or environment says something else, which counts"),
    ...warnings.map((warning) => printable(warning, 300))
  ]
}
