import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { isLogged, type LogLevels } from '@p2pshare/control/config'
import type { Log, LogFields } from '@p2pshare/ports'
import { pino } from 'pino'
import { boundedLine, LineFlood } from './log-bounds.ts'
import { LogFile } from './log-file.ts'
import { namesOf, redaction } from './redact.ts'

/** The daemon's log file, and how to end it. */
export interface DaemonLog {
  log: Log
  /** Other levels, from the next line on, in every area. @param levels - `info` everywhere where left out */
  configure(levels: LogLevels | undefined): void
  close(): void
}

const USUAL: LogLevels = { usual: 'info', areas: {} }

/**
 * JSON lines in a file (0600): one event a line, with its area, after those that it lies in (`network.reach`); without
 * secrets and the user's folder. No line is over 4 KiB, none holds a character that could play tricks on a terminal, and
 * what happens all the time is left out now and then, and counted.
 * @param now - monotonic, ms; for tests
 */
export function openLog(
  file: string,
  levels: LogLevels = USUAL,
  now: () => number = () => performance.now()
): DaemonLog {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const destination = new LogFile(file)
  const redact = redaction(...namesOf(homedir()))
  const logger = pino(
    { level: 'debug', base: null, serializers: { error: pino.stdSerializers.err } },
    {
      write: (line: string) => destination.write(`${boundedLine(redact(line.trimEnd()))}\n`)
    }
  )
  const threshold = { levels, flood: new LineFlood(now) }
  return {
    log: new AreaLog(logger, threshold, []),
    configure: (fresh = USUAL) => {
      threshold.levels = fresh
    },
    close: () => destination.close()
  }
}

type Level = 'debug' | 'info' | 'warn' | 'error'

type Leveled = Record<Level, (fields: LogFields, message: string) => void> & {
  child(bindings: { area: string }): Leveled
}

/** What all areas have in common. */
interface Threshold {
  readonly levels: LogLevels
  readonly flood: LineFlood
}

/** The log of one area; what counts for it is looked up once for each change of the levels. */
class AreaLog implements Log {
  readonly #root: Leveled
  readonly #own: Leveled
  readonly #threshold: Threshold
  readonly #path: readonly string[]
  #known: { levels: LogLevels; passes: Record<Level, boolean> } | undefined

  constructor(root: Leveled, threshold: Threshold, path: readonly string[]) {
    this.#root = root
    this.#own = path.length === 0 ? root : root.child({ area: path.join('.') })
    this.#threshold = threshold
    this.#path = path
  }

  debug(fields: LogFields, message: string): void {
    if (this.#passes('debug')) this.#own.debug(fields, message)
  }

  info(fields: LogFields, message: string): void {
    if (this.#passes('info')) this.#write('info', fields, message)
  }

  warn(fields: LogFields, message: string): void {
    if (this.#passes('warn')) this.#write('warn', fields, message)
  }

  error(fields: LogFields, message: string): void {
    if (this.#passes('error')) this.#write('error', fields, message)
  }

  child(area: string): Log {
    return new AreaLog(this.#root, this.#threshold, [...this.#path, area])
  }

  /** Who asked for `debug` wants all of it. */
  #write(level: Level, fields: LogFields, message: string): void {
    const admitted = this.#threshold.flood.admit(`${level} ${this.#path.join('.')} ${message}`)
    if (admitted === undefined) return
    const { leftOut } = admitted
    this.#own[level](leftOut === 0 ? fields : { ...fields, leftOut }, message)
  }

  #passes(level: Level): boolean {
    const { levels } = this.#threshold
    if (this.#known?.levels !== levels) {
      const passes = (one: Level): boolean => isLogged(levels, this.#path, one)
      const all = {
        debug: passes('debug'),
        info: passes('info'),
        warn: passes('warn'),
        error: passes('error')
      }
      this.#known = { levels, passes: all }
    }
    return this.#known.passes[level]
  }
}
