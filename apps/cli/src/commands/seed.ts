import { formatSize, printable, ShareError } from '@p2pshare/base'
import type { ErrorBody, SeedEvent, SeedRequest } from '@p2pshare/control'
import { announceLevel } from '../options/announce-option.ts'
import type { Command, Invocation } from '../command.ts'
import { daemonPath } from '../daemon/daemon-path.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT, exitCodeOf, usageError } from '../exit-code.ts'
import { readPathList } from '../options/path-list.ts'
import { errorJson, errorLine } from '../render/error-text.ts'
import { openProgress, type Progress } from '../render/progress.ts'
import { seedView } from '../render/seed-view.ts'
import type { Terminal } from '../terminal.ts'
import { showCode } from './link.ts'

/** Paths of one request that become shares of their own. */
const PATHS_AT_ONCE = 1000
/** Paths of one share, as the API has it. */
const MOST_TOGETHER = 10_000

/** `p2pshare seed`. */
export const seed: Command = {
  name: 'seed',
  positionals: '<path..>',
  count: { min: 0, max: 10_000 },
  summary:
    'Share files or folders where they lie and print their hashes: one for each, or with --name one for all',
  example: ['p2pshare seed holiday.mp4', 'prints the hash; p2pshare fetch <hash> gets it elsewhere'],
  moreExamples: [
    [
      'p2pshare seed --name holiday a.mp4 photos',
      'one share, a folder of that name with both in it; nothing is copied'
    ],
    [
      'find . -newer last -print0 | p2pshare seed --name new --files-from -',
      'what a list names, as one share'
    ],
    ['p2pshare seed --announce roots photos', 'others find it by its hash, not by that of a file in it'],
    ['p2pshare seed --encrypt diary', 'prints a link; who has the hash alone can pass it on, but not read it']
  ],
  options: {
    name: {
      type: 'string',
      describe: 'share all paths as one folder of this name; without it each is a share of its own',
      file: false
    },
    'files-from': {
      type: 'string',
      describe: 'read more paths from this file, one a line (or a zero byte after each); - is standard input',
      values: 'files',
      file: false
    },
    encrypt: {
      type: 'boolean',
      describe: 'as a private share: content and names are encrypted, and only its link has the key',
      file: false
    },
    announce: {
      type: 'string',
      describe: 'what is announced in the DHT: roots, files or chunks (kept with the share)',
      values: ['roots', 'files', 'chunks'],
      file: false
    },
    qr: { type: 'boolean', describe: 'draw each link as a QR code, too', file: false }
  },
  unread: EXIT.interrupted,
  async run(call) {
    const announce = announceLevel(call.settings.text('announce'))
    const encrypt = call.settings.flag('encrypt')
    const name = call.settings.text('name')
    if (name !== undefined) (await import('@p2pshare/content')).checkShareName(name)
    const paths = await wantedPaths(call)
    if (name !== undefined && paths.length > MOST_TOGETHER)
      throw usageError(
        `${paths.length} paths are too many for one share; it can have ${MOST_TOGETHER}`,
        'Share the folder that they are in, or leave out --name for a share of each.'
      )
    const client = await ensureDaemon(call)
    const leave = new AbortController()
    const stopListening = call.around.onInterrupt(() => leave.abort())
    const progress = await openProgress(call.terminal)
    let code: number = EXIT.done
    try {
      const wish = { ...(announce === undefined ? {} : { announce }), ...(encrypt ? { encrypt } : {}) }
      for (const request of requests(paths, name)) {
        for await (const event of client.seed({ ...request, ...wish }, leave.signal)) {
          const failed = show(event, call, progress)
          if (event.event === 'seeded' && call.settings.flag('qr')) await showCode(call, event.link)
          if (code === EXIT.done) code = failed
        }
      }
    } finally {
      progress.close()
      stopListening()
    }
    if (!leave.signal.aborted) return code
    call.terminal.note('interrupted; what was not printed is not shared')
    return EXIT.interrupted
  }
}

/** Absolute paths from the command line and the list. @throws ShareError `cli.usage`, `cli.bad-list` */
async function wantedPaths(call: Invocation): Promise<string[]> {
  const list = call.settings.text('files-from')
  const listed = list === undefined ? [] : await readPathList(list, call.around)
  const paths = [...call.args, ...listed].map((path) => daemonPath(call, path))
  if (paths.length === 0)
    throw usageError(
      list === undefined ? 'seed needs a path' : `${printable(list)} names no path`,
      'See p2pshare seed --help.'
    )
  return paths
}

/** One share has all paths in one request; shares of their own come in parts. */
function* requests(paths: readonly string[], name: string | undefined): Generator<SeedRequest> {
  if (name !== undefined) return yield { paths: [...paths], name }
  for (let at = 0; at < paths.length; at += PATHS_AT_ONCE)
    yield { paths: paths.slice(at, at + PATHS_AT_ONCE) }
}

/** Shows one event. @returns the exit code it asks for */
function show(event: SeedEvent, call: Invocation, progress: Progress): number {
  const { terminal } = call
  if (event.event === 'hashing') {
    progress.show(seedView(event))
    return EXIT.done
  }
  progress.clear()
  if (event.event === 'failed') return showFailure(event, terminal)
  for (const { path, reason } of event.skipped) terminal.note(`skipped ${printable(path)}: ${reason}`)
  const { cid, name, size, pieces, link, path, skipped, overlaps } = event
  // Whoever is to read a private share needs its key, which is nowhere but in the link.
  const isPrivate = call.settings.flag('encrypt')
  const more = overlaps === undefined ? {} : { overlaps }
  terminal.result({ cid, name, size, pieces, link, path, skipped, ...more }, isPrivate ? link : cid)
  if (terminal.json) return EXIT.done
  if (isPrivate) {
    terminal.note(
      `${printable(name)} is shared encrypted. Whoever has the whole link can read it: p2pshare fetch '<link>'`
    )
  } else
    terminal.note(
      `${printable(name)} (${formatSize(size)}) is shared. Get it elsewhere with: p2pshare fetch ${cid}`
    )
  for (const overlap of overlaps ?? []) terminal.note(overlapText(overlap, { cid, isPrivate }))
  return EXIT.done
}

/** What is shared encrypted and in the clear is not hidden: the plain hashes are announced. */
function overlapText(
  other: { cid: string; path: string },
  { cid, isPrivate }: { cid: string; isPrivate: boolean }
): string {
  const place = printable(other.path, 4096)
  return isPrivate
    ? `careful: ${place} is also shared without encryption, as ${other.cid}. Whoever has that hash can read it, and it is announced. To end that: p2pshare remove ${other.cid}`
    : `careful: ${place} is also shared encrypted, as ${other.cid}. From now on whoever has the new hash can read it, and that hash is announced. To end that: p2pshare remove ${cid}`
}

/** Tells why one path is not shared; the others go on. */
function showFailure(event: Extract<SeedEvent, { event: 'failed' }>, terminal: Terminal): number {
  const error = shareErrorOf(event.error)
  terminal.note(terminal.json ? errorJson(error, { path: event.path }) : errorLine(error))
  return exitCodeOf(error)
}

/** As the client does it for a whole call, without loading the client for it. */
function shareErrorOf({ code, fault, message, hint, detail }: ErrorBody): ShareError {
  return new ShareError({
    code,
    fault,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(detail === undefined ? {} : { detail })
  })
}
