import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import type { Log, LogFields } from '@p2pshare/ports'
import { pino } from 'pino'
import { LogFile } from './log-file.ts'
import { redaction } from './redact.ts'

/** The daemon's log file, and how to end it. */
export interface DaemonLog {
  log: Log
  close(): void
}

/**
 * JSON lines in a file (0600): one event a line, the area in each; without secrets and the user's folder. The level comes from
 * `P2PSHARE_LOG` (`debug`, `info`, `warn`, `error`); `info` without it.
 */
export function openLog(file: string, level: string | undefined): DaemonLog {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const known = ['debug', 'info', 'warn', 'error']
  const destination = new LogFile(file)
  const redact = redaction(homedir())
  const logger = pino(
    {
      level: level !== undefined && known.includes(level) ? level : 'info',
      base: null,
      serializers: { error: pino.stdSerializers.err }
    },
    { write: (line: string) => destination.write(redact(line)) }
  )
  return { log: adapt(logger), close: () => destination.close() }
}

interface Leveled {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(bindings: { area: string }): Leveled
}

function adapt(logger: Leveled): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (area) => adapt(logger.child({ area }))
  }
}
