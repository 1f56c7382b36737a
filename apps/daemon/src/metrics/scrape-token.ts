import { createHash, timingSafeEqual } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { printable } from '@p2pshare/base'

/** Letters of a token: below, it can be guessed; above, it is another file. */
const SHORTEST = 16
const LONGEST = 4096
const READABLE_BY_ALL = 0o007

/** A token, or why there is none. */
export type ReadToken = { token: string } | { problem: string }

/**
 * Reads the file of a token: its first line. Never waits for a pipe, and takes nothing that everybody on the machine
 * can read.
 */
export async function readToken(path: string): Promise<ReadToken> {
  const shown = printable(path)
  try {
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const stat = await file.stat()
      if (!stat.isFile()) return { problem: `${shown} is no file` }
      if (process.platform !== 'win32' && (stat.mode & READABLE_BY_ALL) !== 0)
        return { problem: `everybody can read ${shown}; chmod o= on it` }
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST + 1), 0, LONGEST + 1, 0)
      const token = buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0]?.trim() ?? ''
      if (token.length < SHORTEST || token.length > LONGEST || !/^[\w.~+/=-]+$/.test(token))
        return { problem: `${shown} holds no token: ${SHORTEST} or more of letters, digits and -._~+/=` }
      return { token }
    } finally {
      await file.close()
    }
  } catch (error) {
    return {
      problem: `${shown} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`
    }
  }
}

/** Whether a header `Authorization` shows the token; takes the same time whatever it shows. */
export function showsToken(header: string | undefined, token: string): boolean {
  const shown = /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(shown), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
