import type { Command } from '../command.ts'
import { changeShare } from './change-share.ts'

/** `p2pshare resume`. */
export const resume: Command = {
  name: 'resume',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'Go on with a share that is paused, in error, or waits for its turn',
  example: ['p2pshare resume bafk…', 'goes on where it stopped'],
  moreExamples: [['p2pshare resume bafk… --now', 'fetches it at once, regardless of the queue']],
  options: {
    now: { type: 'boolean', describe: 'do not wait for a turn in the queue', file: false }
  },
  run: (call) => changeShare(call, (client, ref) => client.resume({ ref, now: call.settings.flag('now') }))
}
