import { printable } from '@p2pshare/base'
import type { ShareChange } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import type { Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { checkedRef } from '../share-ref.ts'

/** Runs a command that changes one share and prints its new state. */
export async function changeShare(
  call: Invocation,
  change: (client: ControlClient, ref: string) => Promise<ShareChange>
): Promise<number> {
  const ref = await checkedRef(call.args[0] ?? '')
  const changed = await change(await openClient(call), ref)
  const { cid, state, reason } = changed
  call.terminal.result(changed, `${cid} ${state}${reason === undefined ? '' : ` (${printable(reason)})`}`)
  return EXIT.done
}
