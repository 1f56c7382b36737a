import { printable, ShareError } from '@p2pshare/base'
import type { Command } from '../command.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { LOG_LEVELS, logLine } from '../logs/log-line.ts'
import { followLines, lastLines } from '../logs/log-lines.ts'

/** Lines shown unless told otherwise, and at most. */
const SHOWN = 100
const MOST = 100_000

/** `p2pshare logs`. */
export const logs: Command = {
  name: 'logs',
  positionals: '',
  count: { min: 0, max: 0 },
  here: true,
  summary: "Show the daemon's log, also when it does not run",
  example: ['p2pshare logs -f --level warn', 'what goes wrong, as it happens'],
  moreExamples: [
    [
      'p2pshare logs --area network',
      'of one area; how much it logs: p2pshare config set log info,network=debug'
    ]
  ],
  options: {
    follow: { type: 'boolean', alias: 'f', describe: 'go on with what is written from now on', file: false },
    lines: {
      type: 'string',
      alias: 'n',
      describe: `how many of the last lines; ${SHOWN} unless told`,
      file: false
    },
    level: { type: 'string', describe: 'only this level and worse', values: LOG_LEVELS, file: false },
    area: { type: 'string', describe: 'only this area, such as network, dht, share or storage', file: false }
  },
  async run({ settings, home, terminal, around }) {
    const level = settings.text('level') ?? 'debug'
    if (!LOG_LEVELS.includes(level))
      throw usageError(`--level is unknown: ${printable(level, 40)}`, `Write ${LOG_LEVELS.join(', ')}.`)
    const wanted = { least: LOG_LEVELS.indexOf(level), area: await areaOf(settings.text('area')) }
    const show = (line: string): void => {
      const shown = logLine(line, wanted)
      if (shown !== undefined) terminal.result(shown.fields, shown.text)
    }
    const found = lastLines(home.logFile, countOf(settings.text('lines')))
    if (found === undefined) throw noLog(home.logFile)
    found.lines.forEach(show)
    if (!settings.flag('follow')) return EXIT.done
    const leave = new AbortController()
    around.onInterrupt(() => leave.abort())
    await followLines(home.logFile, found.end, show, leave.signal)
    return EXIT.interrupted
  }
}

/** @throws ShareError `cli.usage` where there is no such area */
async function areaOf(word: string | undefined): Promise<string | undefined> {
  if (word === undefined) return undefined
  // Loads the table of the whole configuration, which other runs need not wait for.
  const { LOG_AREAS, unknownWord } = await import('@p2pshare/control/config')
  if (LOG_AREAS.some((area) => area === word)) return word
  throw usageError(unknownWord('area', word, LOG_AREAS))
}

function countOf(text: string | undefined): number {
  if (text === undefined) return SHOWN
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (count >= 1 && count <= MOST) return count
  throw usageError(`--lines is no number from 1 to ${MOST}: ${printable(text, 40)}`)
}

function noLog(file: string): ShareError {
  return new ShareError({
    code: 'cli.no-log',
    fault: 'user',
    message: `there is no log at ${printable(file)}`,
    hint: 'No daemon has run for this home yet; see --home.'
  })
}
