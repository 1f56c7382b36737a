import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'
import { whyText } from '../render/why-text.ts'
import { checkedRef } from '../share-ref.ts'

/** `p2pshare why`. */
export const why: Command = {
  name: 'why',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'Say why a share is where it is: what was asked, what came back, what comes next',
  example: ['p2pshare why bafk…', 'what a fetch that hangs waits for, and what can be done'],
  options: {},
  async run(call) {
    const ref = await checkedRef(call.args[0] ?? '')
    const answer = await (await openClient(call)).why({ ref })
    call.terminal.result(answer, whyText(answer))
    return EXIT.done
  }
}
