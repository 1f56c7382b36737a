import type { Command } from '../command.ts'
import { changeShare } from './change-share.ts'

/** `p2pshare resume`. */
export const resume: Command = {
  name: 'resume',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'Go on with a paused share, or one in error',
  example: ['p2pshare resume bafk…', 'goes on where it stopped'],
  options: {},
  run: (call) => changeShare(call, (client, ref) => client.resume({ ref }))
}
