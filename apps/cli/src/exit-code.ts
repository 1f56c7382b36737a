import type { Fault } from '@p2pshare/base'
import { ShareError } from '@p2pshare/base'

/** Exit codes of the command (DESIGN §6); 69 is given by bin/p2pshare.js itself. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  daemon: 3,
  nobody: 4,
  refused: 5,
  disk: 6,
  interrupted: 130
} as const

const BY_FAULT: Readonly<Record<Fault, number>> = {
  user: EXIT.failed,
  bug: EXIT.failed,
  peer: EXIT.failed,
  daemon: EXIT.daemon,
  network: EXIT.nobody,
  content: EXIT.refused,
  disk: EXIT.disk
}

/** Codes whose fault alone would give another number. */
const BY_CODE: Readonly<Record<string, number>> = {
  'cli.usage': EXIT.usage,
  'content.is-folder': EXIT.usage,
  'control.bad-request': EXIT.usage,
  'control.socket-path-too-long': EXIT.daemon,
  'network.dial-failed': EXIT.failed,
  'network.not-a-swarm-peer': EXIT.failed,
  'network.banned': EXIT.failed,
  'network.aborted': EXIT.failed,
  'storage.no-such-path': EXIT.failed,
  'storage.no-such-folder': EXIT.failed,
  'storage.target-exists': EXIT.failed,
  'storage.unreadable': EXIT.failed,
  'storage.changed-while-reading': EXIT.failed,
  'storage.own-data': EXIT.failed,
  'storage.not-shareable': EXIT.failed,
  'storage.not-writable': EXIT.disk
}

/** The exit code that an error ends the command with. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof ShareError)) return EXIT.failed
  const known = BY_CODE[error.code]
  if (known !== undefined) return known
  // Malformed hashes, links and addresses, wherever they were noticed.
  if (error.fault === 'user' && /\.(malformed|unsupported)-/.test(error.code)) return EXIT.usage
  return BY_FAULT[error.fault]
}

/** Wrong usage of the command line: exit code 2. */
export function usageError(message: string, hint = 'See p2pshare --help.'): ShareError {
  return new ShareError({ code: 'cli.usage', fault: 'user', message, hint })
}
