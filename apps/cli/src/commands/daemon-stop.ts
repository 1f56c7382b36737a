import type { Command } from '../command.ts'
import { stopDaemon } from '../daemon/stop-daemon.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare daemon stop`. */
export const daemonStop: Command = {
  name: 'stop',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'Stop the daemon and wait until it is gone',
  example: ['p2pshare daemon stop', 'downloads go on when it starts again'],
  options: {},
  async run(call) {
    const pid = await stopDaemon(call)
    if (pid === undefined) call.terminal.result({ running: false }, 'no daemon was running')
    else call.terminal.result({ running: false, pid }, `stopped (pid ${pid})`)
    return EXIT.done
  }
}
