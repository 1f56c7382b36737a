import { basename } from 'node:path'
import { printable } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import type { HookCommand } from './hook-command.ts'
import type { HookLimits } from './limits.ts'
import { type ProgramEnd, runProgram } from './run-program.ts'

/** A hook that is to run. */
export interface HookJob {
  /** For the log. */
  event: string
  cid: string
  /** Called when its turn comes; undefined = there is nothing to run any more. */
  begin(): HookCommand | undefined
}

/** Runs hooks, a few at a time, and writes down how each ended. */
export class HookQueue {
  readonly #limits: HookLimits
  readonly #log: Log
  readonly #surroundings: { cwd: string; env: Readonly<Record<string, string | undefined>> }
  readonly #stopping = new AbortController()
  readonly #waiting: HookJob[] = []
  readonly #running = new Set<Promise<void>>()
  #isOpen = false

  constructor(
    log: Log,
    surroundings: { cwd: string; env: Readonly<Record<string, string | undefined>> },
    limits: HookLimits
  ) {
    this.#log = log
    this.#surroundings = surroundings
    this.#limits = limits
  }

  /** Puts one at the end. @returns false where too many wait */
  add(job: HookJob): boolean {
    if (this.#waiting.length >= this.#limits.queued) return false
    this.#waiting.push(job)
    this.#next()
    return true
  }

  /** From here on they run; before, they wait. */
  open(): void {
    this.#isOpen = true
    this.#next()
  }

  /** Starts none any more, and ends those that run. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#stopping.abort()
    await Promise.all(this.#running)
  }

  #next(): void {
    while (this.#isOpen && this.#running.size < this.#limits.atOnce) {
      const job = this.#waiting.shift()
      if (job === undefined) return
      const command = job.begin()
      if (command === undefined) continue
      const run = this.#run(job, command).finally(() => {
        this.#running.delete(run)
        this.#next()
      })
      this.#running.add(run)
    }
  }

  async #run({ event, cid }: HookJob, command: HookCommand): Promise<void> {
    const fields = { event, cid, program: printable(basename(command.program), 60) }
    this.#log.info(fields, 'hook started')
    const began = performance.now()
    const end = await runProgram(command, this.#surroundings, this.#limits, this.#stopping.signal)
    const told = { ...fields, ...end, milliseconds: Math.round(performance.now() - began) }
    if (end.code === 0 && end.tookTooLong !== true) this.#log.info(told, 'hook ended')
    else this.#log.warn(told, wordsOf(end))
  }
}

function wordsOf({ failure, tookTooLong, code, signal }: ProgramEnd): string {
  if (failure !== undefined) return `hook: ${failure}`
  if (tookTooLong === true) return 'hook took too long and was ended'
  return `hook failed: ${code === null ? `ended by ${signal}` : `exit code ${code}`}`
}
