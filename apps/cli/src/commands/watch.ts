import { announceLevel } from '../options/announce-option.ts'
import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { daemonPath } from '../daemon/daemon-path.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT } from '../exit-code.ts'
import { watchText } from '../render/watch-text.ts'

/** `p2pshare watch`. */
export const watch: Command = {
  name: 'watch',
  positionals: '[folder]',
  count: { min: 0, max: 1 },
  summary: 'Share what appears and changes in a folder by itself, or show what is watched',
  example: [
    'p2pshare watch ~/Public',
    'each file and folder in it becomes a share, with a new hash when it changes'
  ],
  moreExamples: [['p2pshare watch', 'all watched folders, their hashes and earlier versions']],
  options: {
    announce: {
      type: 'string',
      describe: 'what is announced of its shares in the DHT: roots, files or chunks (kept with the folder)',
      values: ['roots', 'files', 'chunks'],
      file: false
    }
  },
  async run(call) {
    const [folder] = call.args
    const announce = announceLevel(call.settings.text('announce'))
    // To look is no reason to start a daemon.
    const client = folder === undefined ? await openClient(call) : await ensureDaemon(call)
    const list = await client.watch(
      folder === undefined
        ? {}
        : { path: daemonPath(call, folder), ...(announce === undefined ? {} : { announce }) }
    )
    call.terminal.result(list, watchText(list))
    if (folder !== undefined && !call.terminal.json)
      call.terminal.note('shared once it stays the same for 5 s; see p2pshare watch')
    return EXIT.done
  }
}
