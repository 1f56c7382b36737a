import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../root.mjs'

/** How a tool ended. */
export interface ToolResult {
  /** 0 when all is well; 128 when a signal ended it. */
  code: number
  /** stdout and stderr as they came; empty when `live`. */
  output: string
}

/** What {@link runTool} may be told. */
export interface ToolOptions {
  /** Working directory; the checkout when left out. */
  cwd?: string
  /** Let the tool write to this process's stderr at once, and keep nothing. */
  live?: boolean
  env?: Record<string, string>
}

/**
 * Runs a tool of node_modules/.bin on the Node that runs this process, and waits for its end.
 * A tool that fails is an answer, not an exception.
 */
export function runTool(
  name: string,
  args: readonly string[],
  options: ToolOptions = {}
): Promise<ToolResult> {
  const file = realpathSync(join(repositoryRoot, 'node_modules', '.bin', name))
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      cwd: options.cwd ?? repositoryRoot,
      env: { ...process.env, ...options.env },
      stdio: options.live === true ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe']
    })
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const ended = code ?? (signal === null ? 1 : 128)
      resolve({ code: ended, output: Buffer.concat(chunks).toString('utf8') })
    })
  })
}
