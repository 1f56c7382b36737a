import { basename } from 'node:path'
import { formatSize, type Millis, printable } from '@p2pshare/base'
import type { FetchDone, RequestOf } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { isRemote } from '../daemon/client.ts'
import { daemonPath, daemonWords } from '../daemon/daemon-path.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { givenLink } from '../options/given-link.ts'
import { followFetch } from '../fetching/follow-fetch.ts'
import {
  CHOICE_OPTIONS,
  choiceOf,
  PICK_OPTION,
  prioritiesOf,
  PRIORITY_OPTIONS
} from '../fetching/choice-options.ts'
import { noProgress } from '../fetching/no-progress.ts'
import { TIMEOUT_OPTION, timeoutOf } from '../fetching/timeout-option.ts'
import type { Picked } from '../picking/pick-files.ts'
import { type CheckedPlace, checkedPlace, refusePartOfPrivate, withoutKey } from '../share-ref.ts'

/** `p2pshare fetch`. */
export const fetch: Command = {
  name: 'fetch',
  positionals: '<hash>[/path]',
  count: { min: 1, max: 1 },
  summary: 'Get what a hash or link stands for',
  example: ['p2pshare fetch bafk… -o holiday.mp4', 'Ctrl-C leaves the download running in the daemon'],
  moreExamples: [
    ["p2pshare fetch bafk… --select '*.jpg' --only 1,3-5", 'only these files of it'],
    ['p2pshare fetch bafk…/photos', 'only that folder of it'],
    ['p2pshare fetch bafk… --pick', 'choose on the screen, with sizes and priorities'],
    ['p2pshare fetch -', 'reads the link from standard input: its key is then in no shell history'],
    ["p2pshare fetch bafk… --high '*.srt' --skip extras", 'subtitles before the rest, and no extras'],
    ['p2pshare fetch bafk… -o album --adopt', 'only what a copy that is here lacks']
  ],
  options: {
    output: {
      values: 'files',
      type: 'string',
      alias: 'o',
      describe: 'target file or folder; with / at the end: the folder to put it in'
    },
    timeout: TIMEOUT_OPTION,
    ...CHOICE_OPTIONS,
    ...PRIORITY_OPTIONS,
    pick: PICK_OPTION,
    adopt: {
      type: 'boolean',
      describe: 'go on from what is at the target: verify it, fetch only the rest',
      file: false
    },
    force: {
      type: 'boolean',
      describe: 'replace an existing target; with --adopt: repair what differs',
      file: false
    },
    sequential: {
      type: 'boolean',
      describe: 'pieces from the first to the last, instead of the rarest first; kept with the share',
      file: false
    },
    progress: { type: 'boolean', describe: 'with --json: a line for each step of progress' }
  },
  unread: EXIT.interrupted,
  async run(call) {
    const timeout = timeoutOf(call)
    const { ref, path, note } = await checkedPlace(await givenLink(call))
    const choice = await choiceOf({
      paths: path === undefined ? [] : [path],
      globs: call.settings.list('select'),
      only: call.settings.text('only')
    })
    const adopt = call.settings.flag('adopt')
    const target = {
      ...targetOf(call, adopt),
      force: call.settings.flag('force'),
      ...(adopt ? { adopt } : {})
    }
    let priorities = await prioritiesOf(call.settings)
    const parts = [choice !== undefined, priorities !== undefined, call.settings.flag('pick')]
    await refusePartOfPrivate(ref, parts.includes(true))
    if (note !== undefined) call.terminal.note(note)
    if (call.settings.flag('pick')) {
      const picked = await pickedOf(call, { ref, path }, target, timeout)
      if (picked.kind === 'leave') return EXIT.interrupted
      priorities = picked.priorities
    }
    const wish = {
      ...{ ref, ...target },
      ...(call.settings.flag('sequential') ? { order: 'sequential' as const } : {}),
      ...(choice === undefined ? {} : { choice }),
      ...(priorities === undefined ? {} : { priorities })
    }
    return fetchShare(call, wish, timeout)
  }
}

/** What somebody picks on the screen. @throws ShareError `cli.usage`; why the fetch could not begin */
async function pickedOf(
  call: Invocation,
  place: CheckedPlace,
  target: Omit<RequestOf<'checkFetch'>, 'ref'>,
  timeout: Millis | undefined
): Promise<Picked> {
  // Loaded here: what draws takes longer to load than most fetches to begin.
  const { askWhat, checkPickable } = await import('../picking/ask-what.ts')
  checkPickable(call, ['select', 'only', ...Object.keys(PRIORITY_OPTIONS)])
  const client = await ensureDaemon(call)
  // Before somebody has picked among a thousand files.
  await client.checkFetch({ ref: place.ref, ...target })
  const picked = await askWhat(call, client, place, timeout)
  if (picked.kind === 'leave') call.terminal.note('left without choosing; nothing is fetched')
  return picked
}

/** Fetches, shows how it goes, and tells how it ended. @returns the exit code */
export async function fetchShare(
  call: Invocation,
  request: RequestOf<'fetch'>,
  timeout: Millis | undefined
): Promise<number> {
  const client = await ensureDaemon(call)
  const end = await followFetch(call, client, request, timeout)
  if (end.kind === 'done') return showDone(call, end.result)
  const job = end.last?.cid ?? withoutKey(request.ref)
  const to = daemonWords(call)
  if (end.kind === 'interrupted') {
    call.terminal.note(
      `interrupted; the daemon goes on fetching. Watch: p2pshare status ${job}${to} · End: p2pshare remove ${job}${to}`
    )
    return EXIT.interrupted
  }
  const phase = end.last?.phase
  throw noProgress(call, phase, {
    hint: `See p2pshare why ${job}${to}. The daemon keeps trying; p2pshare remove ${job}${to} ends that.`,
    detail: { cid: job, done: phase?.done ?? 0, total: phase?.total ?? 0 }
  })
}

/** The target, resolved here: the daemon's current folder is another one. */
function targetOf(call: Invocation, adopt: boolean): Pick<RequestOf<'fetch'>, 'output' | 'folder'> {
  // Of another machine only its downloads folder is known here; what is set for good is meant for this one.
  const text = isRemote(call) ? wordOf(call.settings.given['output']) : call.settings.text('output')
  if (adopt && text === undefined) throw usageError('--adopt needs -o, the file or folder that is there')
  if (text === undefined) return isRemote(call) ? {} : { folder: call.around.cwd }
  if (text.includes('\0')) throw usageError('--output holds a zero byte')
  const path = daemonPath(call, text)
  // What is adopted is the target itself, also where a shell has put a slash behind it.
  if (adopt) return { output: path }
  const isFolder = /[/\\]$/.test(text) || ['.', '..'].includes(basename(text))
  return isFolder ? { folder: path } : { output: path }
}

const wordOf = (given: unknown): string | undefined => (typeof given === 'string' ? given : undefined)

function showDone(call: Invocation, done: FetchDone): number {
  const { cid, name, path, size, partial = false, adopted } = done
  const more = { ...(partial ? { partial } : {}), ...(adopted === undefined ? {} : { adopted }) }
  call.terminal.result({ cid, name, path, size, ...more }, printable(path, 4096))
  const what = `${printable(name)} (${formatSize(size)})`
  const there = isRemote(call) ? ', on the other machine' : ''
  const found = adopted === undefined ? '' : `; adopted ${formatSize(adopted)} of ${formatSize(size)}`
  if (!call.terminal.json)
    call.terminal.note(
      partial
        ? `what was chosen of ${what} is complete and verified, and shared${found}${there}; more of it: p2pshare select ${cid} …`
        : `${what} is complete and verified${found}${there}`
    )
  return EXIT.done
}
