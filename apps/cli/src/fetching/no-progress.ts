import { printable, ShareError } from '@p2pshare/base'
import type { SharePhase } from '@p2pshare/control'
import type { Invocation } from '../command.ts'
import { phaseText, triedText } from '../render/phase-text.ts'

/** What goes on, what to do, and what there is to say besides in JSON. */
interface Sequel {
  hint: string
  detail?: Readonly<Record<string, string | number>>
}

/**
 * Nothing moved for as long as `--timeout` says: what was tried, and who was there.
 * @param phase - the last that was heard; undefined = nothing
 */
export function noProgress(
  call: Invocation,
  phase: SharePhase | undefined,
  { hint, detail = {} }: Sequel
): ShareError {
  const tried = phase === undefined ? '' : triedText(phase.tried) || phaseText(phase)
  const { found = 0, connected = 0, reason } = phase ?? {}
  const timeout = printable(call.settings.text('timeout') ?? '', 30)
  const heard = `peers found: ${found}, connected: ${connected}${reason ? `; ${printable(reason, 300)}` : ''}`
  return new ShareError({
    code: 'cli.no-progress',
    fault: 'network',
    message: `no progress for ${timeout}: ${tried === '' ? 'nothing has answered yet' : tried}; ${heard}`,
    hint,
    detail: { ...detail, tried, found, connected }
  })
}
