import { printable } from '@p2pshare/base'
import type { Command, Invocation } from '../command.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { commandId } from '../daemon/dial-remote.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare id`. */
export const id: Command = {
  name: 'id',
  positionals: '',
  count: { min: 0, max: 0 },
  summary: 'Print the peer id and addresses of this machine',
  example: ['p2pshare id --json', 'to hand to p2pshare connect elsewhere'],
  moreExamples: [
    ['p2pshare id --client', 'to hand to p2pshare authorize on a machine that is to be steered from here']
  ],
  options: {
    client: {
      type: 'boolean',
      describe: "the peer id of this machine's commands, by which other machines' daemons know them",
      file: false
    }
  },
  async run(call) {
    if (call.settings.flag('client')) return showClientId(call)
    const { peerId, addresses } = await (await ensureDaemon(call)).id()
    call.terminal.result(
      { peerId, addresses },
      [peerId, ...addresses].map((text) => printable(text, 1024)).join('\n')
    )
    return EXIT.done
  }
}

async function showClientId(call: Invocation): Promise<number> {
  const peerId = await commandId(call)
  call.terminal.result({ peerId }, peerId)
  if (!call.terminal.json)
    call.terminal.note(`on the machine that is to be steered: p2pshare authorize ${peerId} --role control`)
  return EXIT.done
}
