import { existsSync, readFileSync } from 'node:fs'
import { resolveHome } from '@p2pshare/control'
import type { DaemonProcess } from './daemon-process.ts'

/** One line of a daemon's own log. */
export interface LogLine {
  msg: string
  [field: string]: unknown
}

/** The daemon's log so far; an unfinished last line is left out. */
export function logLines(daemon: DaemonProcess): LogLine[] {
  const { logFile } = resolveHome({ home: daemon.options.home, env: {} })
  if (!existsSync(logFile)) return []
  const lines = readFileSync(logFile, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as LogLine)
}

/** The first line with this message, about this peer; undefined when there is none yet. */
export function logLine(daemon: DaemonProcess, message: string, peer: string): LogLine | undefined {
  return logLines(daemon).find(({ msg, peer: about }) => msg === message && about === peer)
}
