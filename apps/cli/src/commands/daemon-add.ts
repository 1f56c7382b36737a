import type { Command } from '../command.ts'
import { saveDaemon } from '../daemon/saved-daemons.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare daemon add`. */
export const daemonAdd: Command = {
  name: 'add',
  positionals: '<name> <address..>',
  count: { min: 2, max: 17 },
  here: true,
  summary: 'Give a daemon of another machine a name, for --daemon',
  example: [
    'p2pshare daemon add nas /ip4/192.168.1.5/tcp/4001/p2p/12D3Koo…',
    'then p2pshare status --daemon nas; several addresses of it are tried side by side'
  ],
  options: {},
  async run({ args, home, terminal }) {
    const [name = '', ...addresses] = args
    const daemon = saveDaemon(home.daemonsFile, name, addresses)
    terminal.result(daemon, `${daemon.name}  ${daemon.peerId}`)
    if (!terminal.json) terminal.note(`see whether it answers: p2pshare status --daemon ${daemon.name}`)
    return EXIT.done
  }
}
