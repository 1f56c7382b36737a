import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare id`. */
export const id: Command = {
  name: 'id',
  positionals: '',
  count: { min: 0, max: 0 },
  summary: 'Print the peer id and addresses of this machine',
  example: ['p2pshare id --json', 'to hand to p2pshare connect elsewhere'],
  options: {},
  async run(call) {
    const { peerId, addresses } = await (await openClient(call)).id()
    call.terminal.result(
      { peerId, addresses },
      [peerId, ...addresses].map((text) => printable(text, 1024)).join('\n')
    )
    return EXIT.done
  }
}
