import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { stopDaemon } from '../daemon/stop-daemon.ts'
import { EXIT } from '../exit-code.ts'
import { install, servicePlan } from '../service/service.ts'

/** `p2pshare service install`. */
export const serviceInstall: Command = {
  name: 'install',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'Start the daemon at login from now on, and again when it fails; open p2pshare: links',
  example: ['p2pshare service install', 'a systemd user unit, launchd agent or Windows task'],
  options: {},
  async run(call) {
    const plan = servicePlan(call)
    // One daemon a home: the service's own could not start beside it.
    const stopped = await stopDaemon(call)
    if (stopped !== undefined) call.terminal.note(`stopped the daemon that ran (pid ${stopped})`)
    install(plan)
    const files = plan.files.map(({ path }) => path)
    const { kind, logs } = plan
    call.terminal.result(
      { installed: true, kind, files, logs },
      files.map((path) => printable(path)).join('\n')
    )
    call.terminal.note(`The daemon runs as a service now. Its log: ${printable(logs)}`)
    for (const gap of plan.gaps) call.terminal.note(gap)
    return EXIT.done
  }
}
