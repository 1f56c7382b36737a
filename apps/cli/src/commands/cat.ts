import { printableJson } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT } from '../exit-code.ts'
import { noProgress } from '../fetching/no-progress.ts'
import { timeoutOf, TIMEOUT_OPTION } from '../fetching/timeout-option.ts'
import { copyOut, type ReadEnd } from '../reading/copy-out.ts'
import { readPlan } from '../reading/read-request.ts'

/** `p2pshare cat`. */
export const cat: Command = {
  name: 'cat',
  positionals: '<hash>[/path] [path]',
  count: { min: 1, max: 2 },
  summary: 'Write a file of a share to stdout while it is being fetched',
  example: ['p2pshare cat bafk…/film.mkv | mpv -', 'plays from the first bytes on; nothing stays afterwards'],
  moreExamples: [
    ['p2pshare cat bafk… backup.tar | tar t', 'names what is in an archive of that share'],
    ['p2pshare cat bafk…/log.txt --range -1000', 'its last 1000 bytes; 0-1023 and 1024- are ranges, too'],
    ['p2pshare cat bafk…/film.mkv --keep | mpv -', 'fetches it into this folder meanwhile']
  ],
  options: {
    range: {
      type: 'string',
      describe: 'only these bytes: 0-1023 (both ends count), 1024- (the rest), -500 (the last 500)',
      file: false
    },
    keep: {
      type: 'boolean',
      describe: 'fetch the file for good into this folder, in order, instead of only what is read',
      file: false
    },
    raw: { type: 'boolean', describe: 'write content that is no plain text to a terminal, too', file: false },
    timeout: TIMEOUT_OPTION
  },
  async run(call) {
    const timeout = timeoutOf(call)
    const { request, note } = await readPlan(call)
    if (note !== undefined) call.terminal.note(note)
    const client = await ensureDaemon(call)
    const end = await copyOut(call, client, request, timeout)
    if (end.kind === 'no-progress') {
      const goesOn = call.settings.flag('keep')
        ? 'The daemon keeps trying.'
        : 'Nothing goes on in the daemon.'
      throw noProgress(call, end.last?.phase, { hint: `See p2pshare doctor. ${goesOn}` })
    }
    if (end.kind === 'interrupted') return EXIT.interrupted
    // Stdout is the content's.
    if (call.terminal.json) call.terminal.note(summary(end))
    return EXIT.done
  }
}

function summary({ file, bytes }: Extract<ReadEnd, { kind: 'done' }>): string {
  const { cid, name, size, start, end } = file
  return printableJson({ cid, name, size, start, end, bytes })
}
