import { formatSize } from '@p2pshare/base'
import type { Selection } from '@p2pshare/control'
import type { Command } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { CHOICE_OPTIONS, choiceOf } from '../fetching/choice-options.ts'
import { checkedPlace } from '../share-ref.ts'

/** `p2pshare select`. */
export const select: Command = {
  name: 'select',
  positionals: '<hash> [globs..]',
  count: { min: 1, max: 101 },
  summary: 'Choose which files of a share are fetched, and which first; alone: say what is chosen',
  example: ["p2pshare select bafk… '*.jpg' --only 1,3-5", 'these and no others, from now on'],
  moreExamples: [
    ['p2pshare select bafk…/photos', 'only that folder'],
    ["p2pshare select bafk… --all --first '*.srt'", 'everything, subtitles before the rest']
  ],
  options: {
    only: CHOICE_OPTIONS['only'] ?? { type: 'string', describe: '' },
    all: { type: 'boolean', describe: 'all files', file: false },
    first: { type: 'list', describe: 'files that fit are fetched before the others', file: false }
  },
  async run(call) {
    const [place = '', ...globs] = call.args
    const { ref, path } = await checkedPlace(place)
    const choice = await choiceOf({
      paths: path === undefined ? [] : [path],
      globs,
      only: call.settings.text('only')
    })
    const all = call.settings.flag('all')
    if (all && choice !== undefined) throw usageError('--all and a choice of files exclude each other')
    const first = await choiceOf({ globs: call.settings.list('first') })
    const client = await openClient(call)
    const answer = await client.select({
      ref,
      all,
      ...(choice === undefined ? {} : { choice }),
      ...(first === undefined ? {} : { first })
    })
    call.terminal.result(answer, selectionText(answer))
    return EXIT.done
  }
}

function selectionText({ cid, state, files, size, wantedFiles, wantedSize }: Selection): string {
  if (files === undefined) return `${cid} ${state}, chosen once its index is here`
  const of = `${wantedFiles ?? files} of ${files} files, ${formatSize(wantedSize ?? 0)} of ${formatSize(size ?? 0)}`
  return `${cid} ${state}, ${of}`
}
