import { basename, resolve } from 'node:path'
import { formatSize, type Millis, printable, ShareError } from '@p2pshare/base'
import type { FetchDone, FetchState, RequestOf } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { followFetch } from '../fetching/follow-fetch.ts'
import { CHOICE_OPTIONS, choiceOf } from '../fetching/choice-options.ts'
import { TIMEOUT_OPTION, timeoutOf } from '../fetching/timeout-option.ts'
import { checkedPlace } from '../share-ref.ts'

/** `p2pshare fetch`. */
export const fetch: Command = {
  name: 'fetch',
  positionals: '<hash>',
  count: { min: 1, max: 1 },
  summary: 'Get what a hash or link stands for',
  example: ['p2pshare fetch bafk… -o holiday.mp4', 'Ctrl-C leaves the download running in the daemon'],
  moreExamples: [
    ["p2pshare fetch bafk… --select '*.jpg' --only 1,3-5", 'only these files of it'],
    ['p2pshare fetch bafk…/photos', 'only that folder of it'],
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
  async run(call) {
    const timeout = timeoutOf(call)
    const { ref, path, note } = await checkedPlace(call.args[0] ?? '')
    const choice = await choiceOf({
      paths: path === undefined ? [] : [path],
      globs: call.settings.list('select'),
      only: call.settings.text('only')
    })
    if (note !== undefined) call.terminal.note(note)
    const adopt = call.settings.flag('adopt')
    const target = targetOf(call, adopt)
    const order = call.settings.flag('sequential') ? { order: 'sequential' as const } : {}
    const how = { ...order, force: call.settings.flag('force'), ...(adopt ? { adopt } : {}) }
    const wish = { ref, ...target, ...how }
    return fetchShare(call, choice === undefined ? wish : { ...wish, choice }, timeout)
  }
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
  if (end.kind === 'interrupted') {
    call.terminal.note(
      `interrupted; the daemon goes on fetching. Watch: p2pshare status ${job} · End: p2pshare remove ${job}`
    )
    return EXIT.interrupted
  }
  throw noProgress(call.settings.text('timeout') ?? '', job, end.tried, end.last)
}

/** What is shown on a terminal may be looked at, or copied. */
function withoutKey(ref: string): string {
  return ref.split('#', 1)[0] ?? ref
}

/** The target, resolved here: the daemon's current folder is another one. */
function targetOf(call: Invocation, adopt: boolean): Pick<RequestOf<'fetch'>, 'output' | 'folder'> {
  const text = call.settings.text('output')
  if (adopt && text === undefined) throw usageError('--adopt needs -o, the file or folder that is there')
  if (text === undefined) return { folder: call.around.cwd }
  if (text.includes('\0')) throw usageError('--output holds a zero byte')
  const path = resolve(call.around.cwd, text)
  // What is adopted is the target itself, also where a shell has put a slash behind it.
  if (adopt) return { output: path }
  const isFolder = /[/\\]$/.test(text) || ['.', '..'].includes(basename(text))
  return isFolder ? { folder: path } : { output: path }
}

function showDone(call: Invocation, done: FetchDone): number {
  const { cid, name, path, size, partial = false, adopted } = done
  const more = { ...(partial ? { partial } : {}), ...(adopted === undefined ? {} : { adopted }) }
  call.terminal.result({ cid, name, path, size, ...more }, printable(path, 4096))
  const what = `${printable(name)} (${formatSize(size)})`
  const found = adopted === undefined ? '' : `; adopted ${formatSize(adopted)} of ${formatSize(size)}`
  if (!call.terminal.json)
    call.terminal.note(
      partial
        ? `what was chosen of ${what} is complete and verified, and shared${found}; more of it: p2pshare select ${cid} …`
        : `${what} is complete and verified${found}`
    )
  return EXIT.done
}

function noProgress(timeout: string, job: string, tried: string, last: FetchState | undefined): ShareError {
  const { found, connected, done, total } = last?.phase ?? { found: 0, connected: 0, done: 0, total: 0 }
  const reason = last?.phase?.reason
  const heard = `peers found: ${found}, connected: ${connected}${reason ? `; ${printable(reason, 300)}` : ''}`
  return new ShareError({
    code: 'cli.no-progress',
    fault: 'network',
    message: `no progress for ${printable(timeout, 30)}: ${tried === '' ? 'nothing has answered yet' : tried}; ${heard}`,
    hint: `See p2pshare why ${job}. The daemon keeps trying; p2pshare remove ${job} ends that.`,
    detail: { cid: job, tried, found, connected, done, total }
  })
}
