import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { momentLines } from '../render/moment-lines.ts'
import { topFrame } from '../render/top-frame.ts'
import { followMoments } from '../watching/follow-moments.ts'

/** Shares that are told of at most: more fit on no screen. */
const SHARES = 60

/** `p2pshare top`. */
export const top: Command = {
  name: 'top',
  positionals: '',
  count: { min: 0, max: 0 },
  summary: 'Watch everything the daemon does, the busiest shares first',
  example: ['p2pshare top', 'shares, rates, peers and limits as they change; q leaves'],
  moreExamples: [['p2pshare top --json', 'one object each time, up to four a second']],
  options: {},
  async run(call) {
    return followMoments(call, await openClient(call), {
      request: { shares: SHARES },
      frame: topFrame,
      lines: momentLines,
      whole: true
    })
  }
}
