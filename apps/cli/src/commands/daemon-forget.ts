import type { Command } from '../command.ts'
import { forgetDaemon } from '../daemon/saved-daemons.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare daemon forget`. */
export const daemonForget: Command = {
  name: 'forget',
  positionals: '<name>',
  offers: 'daemons',
  count: { min: 1, max: 1 },
  here: true,
  summary: 'Take the name of a daemon of another machine away; nothing changes there',
  example: [
    'p2pshare daemon forget nas',
    'p2pshare unauthorize, on that machine, is what shuts this one out'
  ],
  options: {},
  async run({ args, home, terminal }) {
    const { name, peerId } = forgetDaemon(home.daemonsFile, args[0] ?? '')
    terminal.result({ name, peerId, state: 'forgotten' }, `${name} forgotten`)
    return EXIT.done
  }
}
