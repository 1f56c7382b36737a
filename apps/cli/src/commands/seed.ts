import { formatSize, printable, ShareError } from '@p2pshare/base'
import type { ErrorBody, SeedEvent } from '@p2pshare/control'
import { announceLevel } from '../announce-option.ts'
import type { Command, Invocation } from '../command.ts'
import { daemonPath } from '../daemon/daemon-path.ts'
import { ensureDaemon } from '../daemon/start-daemon.ts'
import { EXIT, exitCodeOf } from '../exit-code.ts'
import { errorJson, errorLine } from '../render/error-text.ts'
import { openProgress, type Progress } from '../render/progress.ts'
import { seedView } from '../render/seed-view.ts'
import type { Terminal } from '../terminal.ts'
import { showCode } from './link.ts'

/** `p2pshare seed`. */
export const seed: Command = {
  name: 'seed',
  positionals: '<path..>',
  count: { min: 1, max: 1000 },
  summary: 'Share files or folders where they lie and print their hashes',
  example: ['p2pshare seed holiday.mp4', 'prints the hash; p2pshare fetch <hash> gets it elsewhere'],
  moreExamples: [
    ['p2pshare seed --announce roots photos', 'others find it by its hash, not by that of a file in it'],
    ['p2pshare seed --encrypt diary', 'prints a link; who has the hash alone can pass it on, but not read it']
  ],
  options: {
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
  async run(call) {
    const announce = announceLevel(call.settings.text('announce'))
    const encrypt = call.settings.flag('encrypt')
    const paths = call.args.map((path) => daemonPath(call, path))
    const client = await ensureDaemon(call)
    const leave = new AbortController()
    const stopListening = call.around.onInterrupt(() => leave.abort())
    const progress = await openProgress(call.terminal)
    let code: number = EXIT.done
    try {
      for await (const event of client.seed(
        { paths, ...(announce === undefined ? {} : { announce }), ...(encrypt ? { encrypt } : {}) },
        leave.signal
      )) {
        const failed = show(event, call, progress)
        if (event.event === 'seeded' && call.settings.flag('qr')) await showCode(call, event.link)
        if (code === EXIT.done) code = failed
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
  const { cid, name, size, pieces, link, path, skipped } = event
  // Whoever is to read a private share needs its key, which is nowhere but in the link.
  const isPrivate = call.settings.flag('encrypt')
  terminal.result({ cid, name, size, pieces, link, path, skipped }, isPrivate ? link : cid)
  if (terminal.json) return EXIT.done
  if (isPrivate) {
    terminal.note(
      `${printable(name)} is shared encrypted. Whoever has the whole link can read it: p2pshare fetch '<link>'`
    )
  } else
    terminal.note(
      `${printable(name)} (${formatSize(size)}) is shared. Get it elsewhere with: p2pshare fetch ${cid}`
    )
  return EXIT.done
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
