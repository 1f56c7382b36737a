import { printable } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { daemonPath } from '../daemon/daemon-path.ts'
import { EXIT } from '../exit-code.ts'

/** `p2pshare unwatch`. */
export const unwatch: Command = {
  name: 'unwatch',
  positionals: '<folder>',
  count: { min: 1, max: 1 },
  summary: 'Watch a folder no more; what was shared of it stays shared',
  example: ['p2pshare unwatch ~/Public', 'its shares stay in p2pshare list; remove ends them one by one'],
  options: {},
  async run(call) {
    const client = await openClient(call)
    const result = await client.unwatch({ path: daemonPath(call, call.args[0] ?? '') })
    call.terminal.result(result, `${printable(result.path, 4096)} ${result.state}`)
    return EXIT.done
  }
}
