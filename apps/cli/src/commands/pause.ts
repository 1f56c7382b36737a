import type { Command } from '../command.ts'
import { changeShare } from './change-share.ts'

/** `p2pshare pause`. */
export const pause: Command = {
  name: 'pause',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'Stop fetching and serving a share until it is resumed',
  example: ['p2pshare pause bafk…', 'it stays in the list'],
  options: {},
  run: (call) => changeShare(call, (client, ref) => client.pause({ ref }))
}
