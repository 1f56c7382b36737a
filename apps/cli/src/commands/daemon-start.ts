import type { Command } from '../command.ts'
import { runningDaemon } from '../daemon/client.ts'
import { DAEMON_OPTIONS, daemonArguments, daemonOverrides } from '../daemon/daemon-options.ts'
import { startDaemon } from '../daemon/start-daemon.ts'
import { showDaemon } from './status.ts'

/** `p2pshare daemon start`. */
export const daemonStart: Command = {
  name: 'start',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'Start the daemon in the background, unless it runs',
  example: ['p2pshare daemon start', 'seed and fetch do this by themselves'],
  options: DAEMON_OPTIONS,
  async run(call) {
    if ((await runningDaemon(call)) !== undefined) call.terminal.note('the daemon runs already')
    else await startDaemon(call, daemonArguments(daemonOverrides(call.settings.given), call.around.cwd))
    return showDaemon(call)
  }
}
