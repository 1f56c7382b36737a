import type { Command } from '../command.ts'
import { showDaemon } from './status.ts'

/** `p2pshare daemon status`. */
export const daemonStatus: Command = {
  name: 'status',
  positionals: '',
  count: { min: 0, max: 0 },
  summary: 'Tell whether the daemon runs (exit code 3 when not)',
  example: ['p2pshare daemon status --json', '{"running":true,…}'],
  options: {},
  run: showDaemon
}
