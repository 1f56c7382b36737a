import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { servicePlan, uninstall } from '../service/service.ts'

/** `p2pshare service uninstall`. */
export const serviceUninstall: Command = {
  name: 'uninstall',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'Stop the service and do not start it at login any more; shares stay',
  example: ['p2pshare service uninstall', 'commands start a daemon when they need one, as before'],
  options: {},
  async run(call) {
    const was = uninstall(servicePlan(call))
    call.terminal.result({ installed: false, was }, was ? 'removed' : 'no service was installed')
    return EXIT.done
  }
}
