import type { Command } from '../command.ts'
import { changeShare } from './change-share.ts'

/** `p2pshare verify`. */
export const verify: Command = {
  name: 'verify',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'Check every piece of a share on disk again',
  example: ['p2pshare verify bafk…', 'p2pshare status shows what was found'],
  options: {},
  run: (call) => changeShare(call, (client, ref) => client.verify({ ref }))
}
