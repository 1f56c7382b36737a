import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { savedDaemons } from '../daemon/saved-daemons.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare daemon list`. */
export const daemonList: Command = {
  name: 'list',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'List the daemons of other machines that have a name here',
  example: ['p2pshare daemon list', 'nas  12D3Koo…  /ip4/192.168.1.5/tcp/4001/p2p/12D3Koo…'],
  options: {},
  async run({ home, terminal }) {
    const daemons = savedDaemons(home.daemonsFile)
    const lines = daemons.map(
      ({ name, peerId, addresses }) =>
        `${name}  ${peerId}  ${addresses.map((each) => printable(each)).join(' ')}`
    )
    terminal.result({ daemons }, lines.join('\n'))
    if (daemons.length === 0)
      terminal.note('no daemon of another machine has a name yet: p2pshare daemon add <name> <address>')
    return EXIT.done
  }
}
