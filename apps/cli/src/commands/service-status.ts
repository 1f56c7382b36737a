import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { isInstalled, isRunning, servicePlan } from '../service/service.ts'

/** `p2pshare service status`. */
export const serviceStatus: Command = {
  name: 'status',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: 'Tell whether the service is installed and runs (exit code 3 when not)',
  example: ['p2pshare service status --json', '{"installed":true,"running":true,…}'],
  options: {},
  async run(call) {
    const plan = servicePlan(call)
    const installed = isInstalled(plan)
    const running = installed && isRunning(plan)
    const { kind, logs } = plan
    const file = plan.files[0]?.path ?? ''
    const lines = installed
      ? [
          `service  ${running ? 'running' : 'installed, not running'} (${kind})`,
          `file     ${printable(file)}`,
          `log      ${printable(logs)}`
        ]
      : ['service  not installed; p2pshare service install makes it start at login']
    call.terminal.result({ installed, running, kind, file: installed ? file : null, logs }, lines.join('\n'))
    return running ? EXIT.done : EXIT.daemon
  }
}
