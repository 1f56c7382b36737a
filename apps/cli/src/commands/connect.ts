import type { Command } from '../command.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { printable } from '@p2pshare/base'

/** `p2pshare connect`. */
export const connect: Command = {
  name: 'connect',
  positionals: '<multiaddr>',
  count: { min: 1, max: 1 },
  summary: 'Connect to a peer by its address',
  example: ['p2pshare connect /ip4/192.168.1.7/tcp/4001/p2p/12D3Koo…', 'p2pshare id prints such addresses'],
  options: {},
  async run(call) {
    const address = call.args[0] ?? ''
    // The shape only; the daemon knows which protocols there are.
    if (address.length > 1024 || !/^(\/[^/\s]+)+$/.test(address)) {
      throw usageError(
        `not a multiaddr: ${printable(address, 120)}`,
        'It looks like /ip4/192.168.1.7/tcp/4001/p2p/12D3Koo….'
      )
    }
    const { peerId } = await (await ensureDaemon(call)).connect({ address })
    call.terminal.result({ peerId }, `connected to ${printable(peerId)}`)
    return EXIT.done
  }
}
