import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare unauthorize`. */
export const unauthorize: Command = {
  name: 'unauthorize',
  positionals: '<peer-id|name>',
  count: { min: 1, max: 1 },
  here: true,
  summary: 'Shut out the commands of another machine; what they are doing ends at once',
  example: ['p2pshare unauthorize laptop', 'the name, or the peer id, that p2pshare authorize --list shows'],
  options: {},
  async run(call) {
    const peer = await (await openClient(call)).unauthorize({ peer: call.args[0] ?? '' })
    const { peerId, name } = peer
    call.terminal.result(
      { ...peer, state: 'unauthorised' },
      `${printable(name ?? peerId)} may no longer call this daemon`
    )
    return EXIT.done
  }
}
