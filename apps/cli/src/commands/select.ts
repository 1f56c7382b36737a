import { formatSize, printable } from '@p2pshare/base'
import type { FilePriorityView, RequestOf, Selection } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT, usageError } from '../exit-code.ts'
import {
  CHOICE_OPTIONS,
  choiceOf,
  PICK_OPTION,
  PRIORITIES,
  prioritiesOf,
  PRIORITY_OPTIONS
} from '../fetching/choice-options.ts'
import { checkedPlace } from '../share-ref.ts'

/** `p2pshare select`. */
export const select: Command = {
  name: 'select',
  positionals: '<hash>[/path] [globs..]',
  count: { min: 1, max: 101 },
  summary: 'Choose which files of a share are fetched, and in which order; alone: say what is chosen',
  example: ["p2pshare select bafk… '*.jpg' --only 1,3-5", 'these and no others, from now on'],
  moreExamples: [
    ['p2pshare select bafk…/photos', 'only that folder'],
    ['p2pshare select bafk… --pick', 'choose on the screen, with what is here of each file'],
    [
      "p2pshare select bafk… '*.nfo' --only 7 --priority low",
      'these after the others; the rest stays as it is'
    ],
    ['p2pshare select bafk… --sequential', 'pieces from the first to the last'],
    ["p2pshare select bafk… --all --high '*.srt' --skip extras", 'everything but the extras, subtitles first']
  ],
  options: {
    only: CHOICE_OPTIONS['only'] ?? { type: 'string', describe: '' },
    all: { type: 'boolean', describe: 'all files', file: false },
    priority: {
      type: 'string',
      values: PRIORITIES,
      describe:
        'how much the files that are named are wanted: high, normal, low or skip; all others as before',
      file: false
    },
    ...PRIORITY_OPTIONS,
    sequential: { type: 'boolean', describe: 'pieces from the first to the last', file: false },
    rarest: { type: 'boolean', describe: 'the rarest pieces first, as usual', file: false },
    pick: PICK_OPTION
  },
  async run(call) {
    const order = orderOf(call)
    const picks = call.settings.flag('pick')
    const { ref, wish } = picks ? await pickedWish(call) : await wishOf(call)
    if (wish === undefined) return EXIT.interrupted
    const client = await openClient(call)
    const answer = await client.select({ ref, ...wish, ...(order === undefined ? {} : { order }) })
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

type Wish = Omit<RequestOf<'select'>, 'ref'>

async function wishOf({ args, settings }: Invocation): Promise<{ ref: string; wish: Wish }> {
  const [place = '', ...globs] = args
  const { ref, path } = await checkedPlace(place)
  const paths = path === undefined ? [] : [path]
  const named = await choiceOf({ paths, globs, only: settings.text('only') })
  const priority = priorityOf(settings.text('priority'))
  const all = settings.flag('all')
  let priorities = await prioritiesOf(settings)
  if (priority !== undefined) {
    if (named === undefined)
      throw usageError('--priority needs files: patterns, --only, or a path after the hash')
    if (priorities?.[priority] !== undefined)
      throw usageError(`--priority ${priority} and --${priority} say the same; use one of them`)
    priorities = { ...priorities, [priority]: named }
  }
  const choice = priority === undefined ? named : undefined
  if (all && choice !== undefined) throw usageError('--all and a choice of files exclude each other')
  const wish = {
    ...{ all },
    ...(choice === undefined ? {} : { choice }),
    ...(priorities === undefined ? {} : { priorities })
  }
  return { ref, wish }
}

/** What somebody picks on the screen, among the files of a share that is here; undefined when they leave. */
async function pickedWish(call: Invocation): Promise<{ ref: string; wish: Wish | undefined }> {
  const { askWhat, checkPickable } = await import('../picking/ask-what.ts')
  checkPickable(call, ['only', 'all', 'priority', ...Object.keys(PRIORITY_OPTIONS)])
  if (call.args.length > 1) throw usageError('--pick and patterns exclude each other')
  const { ref, path } = await checkedPlace(call.args[0] ?? '')
  const client = await openClient(call)
  // Ends here where the share is not; nobody need be asked for its index.
  await client.select({ ref })
  const picked = await askWhat(call, client, { ref, path }, undefined)
  if (picked.kind === 'leave') {
    call.terminal.note('left without choosing; nothing has changed')
    return { ref, wish: undefined }
  }
  return { ref, wish: picked.priorities === undefined ? {} : { priorities: picked.priorities } }
}

function priorityOf(text: string | undefined): FilePriorityView | undefined {
  if (text === undefined) return undefined
  const priority = PRIORITIES.find((one) => one === text)
  if (priority === undefined)
    throw usageError(`--priority is not one of ${PRIORITIES.join(', ')}: ${printable(text, 60)}`)
  return priority
}

function selectionText({ cid, state, order, files, size, wantedFiles, wantedSize }: Selection): string {
  const inOrder = order === 'sequential' ? ', from the first piece to the last' : ''
  if (files === undefined) return `${cid} ${state}, chosen once its index is here${inOrder}`
  const of = `${wantedFiles ?? files} of ${files} files, ${formatSize(wantedSize ?? 0)} of ${formatSize(size ?? 0)}`
  return `${cid} ${state}, ${of}${inOrder}`
}
