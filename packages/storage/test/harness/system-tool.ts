import { execFileSync } from 'node:child_process'

/** Runs a program of the system; throws when it fails or is not there. */
export function systemTool(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'ignore' })
}
