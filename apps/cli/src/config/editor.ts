import { spawn } from 'node:child_process'
import { printable, ShareError } from '@p2pshare/base'
import type { Surroundings } from '../terminal.ts'

/**
 * The user's editor and its arguments: `VISUAL`, `EDITOR`, or what every system has. Split at blanks, and run without
 * a shell.
 */
export function editorOf(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform
): [string, ...string[]] {
  const words = (env['VISUAL'] || env['EDITOR'] || '').split(/\s+/).filter((word) => word !== '')
  const [program, ...rest] = words
  return program === undefined ? [platform === 'win32' ? 'notepad' : 'vi'] : [program, ...rest]
}

/** Lets the user edit a file and waits. Ctrl-C is the editor's business. @throws ShareError `cli.editor-failed` */
export async function edit(file: string, around: Surroundings): Promise<void> {
  const [program, ...args] = editorOf(around.env, process.platform)
  const release = around.onInterrupt(() => undefined)
  try {
    const child = spawn(program, [...args, file], {
      stdio: 'inherit',
      cwd: around.cwd,
      env: { ...around.env }
    })
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code === 0 ? undefined : `ended with ${code ?? signal}`))
    const failure = await promise.catch(({ code }: NodeJS.ErrnoException) => `cannot be started (${code})`)
    if (failure !== undefined) throw failed(program, failure)
  } finally {
    release()
  }
}

function failed(program: string, what: string): ShareError {
  return new ShareError({
    code: 'cli.editor-failed',
    fault: 'user',
    message: `the editor ${printable(program, 60)} ${what}; config.json stays as it was`,
    hint: 'Name another one: EDITOR=nano p2pshare config edit.'
  })
}
