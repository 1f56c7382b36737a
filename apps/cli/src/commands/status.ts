import type { Command, Invocation } from '../command.ts'
import { openClient, runningDaemon } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { daemonText } from '../render/daemon-text.ts'
import { allShareLines, shareLines } from '../render/moment-lines.ts'
import { shareText } from '../render/share-text.ts'
import { oneShareFrame, sharesFrame } from '../render/watch-frame.ts'
import { checkedRef } from '../share-ref.ts'
import { followMoments } from '../watching/follow-moments.ts'

/** `p2pshare status`. */
export const status: Command = {
  name: 'status',
  positionals: '[hash]',
  count: { min: 0, max: 1 },
  summary: 'Show the state of the daemon, or of one share',
  example: ['p2pshare status bafk…', 'progress, rates and peers of that share'],
  moreExamples: [['p2pshare status --watch', 'what moves, as it moves; Ctrl-C leaves']],
  options: {
    watch: { type: 'boolean', alias: 'w', describe: 'go on showing it as it changes', file: false }
  },
  async run(call) {
    const [ref] = call.args
    if (call.settings.flag('watch')) return watchShares(call, ref)
    if (ref === undefined) return showDaemon(call)
    const share = await (await openClient(call)).shareStatus({ ref: await checkedRef(ref) })
    call.terminal.result(share, shareText(share))
    return EXIT.done
  }
}

async function watchShares(call: Invocation, hash: string | undefined): Promise<number> {
  const request = hash === undefined ? {} : { ref: await checkedRef(hash) }
  const shown =
    hash === undefined
      ? { frame: sharesFrame, lines: allShareLines }
      : { frame: oneShareFrame, lines: shareLines }
  return followMoments(call, await openClient(call), { request, ...shown, whole: false })
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
