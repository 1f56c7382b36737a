import type { Command, Invocation } from '../command.ts'
import { openClient, runningDaemon } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { daemonText } from '../render/daemon-text.ts'
import { shareText } from '../render/share-text.ts'
import { checkedRef } from '../share-ref.ts'

/** `p2pshare status`. */
export const status: Command = {
  name: 'status',
  positionals: '[hash]',
  count: { min: 0, max: 1 },
  summary: 'Show the state of the daemon, or of one share',
  example: ['p2pshare status bafk…', 'progress, rates and peers of that share'],
  options: {},
  async run(call) {
    const [ref] = call.args
    if (ref === undefined) return showDaemon(call)
    const share = await (await openClient(call)).shareStatus({ ref: await checkedRef(ref) })
    call.terminal.result(share, shareText(share))
    return EXIT.done
  }
}

/** Shows the daemon, or that none runs: exit code 3, since scripts ask that way. */
export async function showDaemon(call: Invocation): Promise<number> {
  const daemon = await runningDaemon(call)
  if (daemon === undefined) {
    call.terminal.result({ running: false }, 'no daemon is running for this home')
    return EXIT.daemon
  }
  call.terminal.result(daemon, daemonText(daemon))
  return EXIT.done
}
