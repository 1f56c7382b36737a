import type { Command } from '../command.ts'
import { changeShare } from './change-share.ts'

/** `p2pshare remove`. */
export const remove: Command = {
  name: 'remove',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'Stop sharing (or fetching) and forget the share; its files stay',
  example: ['p2pshare remove bafk… --delete-files', 'deletes what was fetched, too'],
  options: {
    'delete-files': { type: 'boolean', describe: 'delete the files of the share, too', file: false }
  },
  run: (call) => {
    const deleteFiles = call.settings.flag('delete-files')
    return changeShare(call, (client, ref) => client.remove({ ref, deleteFiles }))
  }
}
