import { formatSize } from '@p2pshare/base'
import type { Selection } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { CHOICE_OPTIONS, choiceOf } from '../fetching/choice-options.ts'
import { checkedPlace } from '../share-ref.ts'

/** `p2pshare select`. */
export const select: Command = {
  name: 'select',
  positionals: '<hash> [globs..]',
  count: { min: 1, max: 101 },
  summary: 'Choose which files of a share are fetched, and in which order; alone: say what is chosen',
  example: ["p2pshare select bafk… '*.jpg' --only 1,3-5", 'these and no others, from now on'],
  moreExamples: [
    ['p2pshare select bafk…/photos', 'only that folder'],
    ['p2pshare select bafk… --sequential', 'pieces from the first to the last'],
    ["p2pshare select bafk… --all --first '*.srt'", 'everything, subtitles before the rest']
  ],
  options: {
    only: CHOICE_OPTIONS['only'] ?? { type: 'string', describe: '' },
    all: { type: 'boolean', describe: 'all files', file: false },
    first: { type: 'list', describe: 'files that fit are fetched before the others', file: false },
    sequential: { type: 'boolean', describe: 'pieces from the first to the last', file: false },
    rarest: { type: 'boolean', describe: 'the rarest pieces first, as usual', file: false }
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
    const order = orderOf(call)
    const first = await choiceOf({ globs: call.settings.list('first') })
    const client = await openClient(call)
    const answer = await client.select({
      ref,
      all,
      ...(choice === undefined ? {} : { choice }),
      ...(first === undefined ? {} : { first }),
      ...(order === undefined ? {} : { order })
    })
    call.terminal.result(answer, selectionText(answer))
    return EXIT.done
  }
}

function orderOf({ settings }: Invocation): Selection['order'] {
  const sequential = settings.flag('sequential')
  const rarest = settings.flag('rarest')
  if (sequential && rarest) throw usageError('--sequential and --rarest exclude each other')
  return sequential ? 'sequential' : rarest ? 'rarest' : undefined
}

function selectionText({ cid, state, order, files, size, wantedFiles, wantedSize }: Selection): string {
  const inOrder = order === 'sequential' ? ', from the first piece to the last' : ''
  if (files === undefined) return `${cid} ${state}, chosen once its index is here${inOrder}`
  const of = `${wantedFiles ?? files} of ${files} files, ${formatSize(wantedSize ?? 0)} of ${formatSize(size ?? 0)}`
  return `${cid} ${state}, ${of}${inOrder}`
}
