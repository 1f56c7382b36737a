import { chmod, lstat, mkdir, unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import { checkSocketPath, isPipe } from '../socket-path.ts'

/**
 * Makes the way free for listening: the folder exists and is ours alone, and no leftover socket is
 * in the way. Only a socket on which nobody answers is removed, never anything else.
 */
export async function claimSocket(path: string): Promise<void> {
  if (isPipe(path)) return
  checkSocketPath(path)
  await privateFolder(dirname(path))
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw listenFailed(path, 'something that is not a socket lies there')
  if (await somebodyAnswers(path)) {
    throw new ShareError({
      code: 'control.socket-in-use',
      fault: 'daemon',
      message: `another process serves ${printable(path)}`,
      hint: 'Stop the other daemon (p2pshare daemon stop) or use another --home.'
    })
  }
  await unlink(path).catch(() => undefined)
}

async function privateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const stat = await lstat(folder)
    if (!stat.isDirectory()) throw listenFailed(folder, 'it is not a folder')
    if (process.getuid !== undefined && stat.uid !== process.getuid()) {
      throw listenFailed(folder, 'the folder belongs to another user')
    }
    if ((stat.mode & 0o077) !== 0) await chmod(folder, 0o700)
  } catch (error) {
    if (error instanceof ShareError) throw error
    throw listenFailed(folder, (error as NodeJS.ErrnoException).code ?? 'unknown error', error)
  }
}

function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    const answer = (yes: boolean) => () => {
      probe.destroy()
      resolve(yes)
    }
    probe.once('connect', answer(true)).once('error', answer(false))
  })
}

/** Listens with a umask that gives 0600 from the first moment; a chmod afterwards would leave a gap. */
export function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      server.off('listening', onListening)
      reject(listenFailed(path, error.code ?? 'unknown error', error))
    }
    const onListening = () => {
      server.off('error', onError)
      resolve()
    }
    server.once('error', onError)
    server.once('listening', onListening)
    // Node binds a Unix socket before `listen` returns, so the umask need not outlive the call.
    const before = isPipe(path) ? undefined : process.umask(0o177)
    try {
      server.listen(path)
    } finally {
      if (before !== undefined) process.umask(before)
    }
  })
}

function listenFailed(path: string, why: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'control.listen-failed',
    fault: 'daemon',
    message: `cannot listen at ${printable(path)}: ${why}`,
    hint: 'Check the rights of that folder, or choose another --home.',
    cause
  })
}
