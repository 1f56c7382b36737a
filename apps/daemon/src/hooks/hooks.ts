import type { Catalogue, Log, ShareRecord } from '@p2pshare/ports'
import { type HookFacts, hookCommand } from './hook-command.ts'
import { HookQueue } from './hook-queue.ts'
import { HOOK_LIMITS, type HookLimits } from './limits.ts'
import { OwedHooks } from './owed-hooks.ts'

/** Programs of the configuration: a whole path, then arguments. */
export interface HookPrograms {
  onComplete?: readonly string[] | undefined
  onError?: readonly string[] | undefined
  onSeedStopped?: readonly string[] | undefined
}

/** What is seen of a share. */
export interface HookedShare {
  readonly record: Readonly<Pick<ShareRecord, 'cid' | 'name' | 'path' | 'size' | 'state'>>
  /** As users see it. */
  readonly state: { readonly state: string; readonly reason: string | undefined }
  onChange(listener: () => void): () => void
}

/** What hooks stand on. */
export interface HookParts {
  catalogue: Pick<Catalogue, 'values'>
  log: Log
  /** Folder that the programs run in; the daemon's own. */
  home: string
  env: Readonly<Record<string, string | undefined>>
  limits?: HookLimits
}

/**
 * Runs the user's programs at the end of a fetch and at an error. One completion runs its hook at most once; one that
 * happened while no hook could run (the daemon was killed, or busy) runs it later. Only what was fetched completes:
 * what is seeded from here was complete before. That a share has been seeded enough is told once, too, until somebody
 * takes it up again.
 */
export class Hooks {
  readonly #owed: OwedHooks
  readonly #queue: HookQueue
  readonly #log: Log
  #programs: HookPrograms

  constructor({ catalogue, log, home, env, limits = HOOK_LIMITS }: HookParts, programs: HookPrograms) {
    this.#owed = new OwedHooks(catalogue.values('hooks'))
    this.#queue = new HookQueue(log, { cwd: home, env }, limits)
    this.#log = log
    this.#programs = programs
  }

  /** Other programs, from the next event on. */
  configure(programs: HookPrograms): void {
    this.#programs = programs
  }

  /**
   * Watches a share from now on, and takes up what it is owed from an earlier run.
   * @param stoppedFor - why its rules have paused it; undefined when they have not
   */
  follow(share: HookedShare, stoppedFor: () => string | undefined = () => undefined): void {
    const { record } = share
    const { cid } = record
    const isStopped = (): boolean => record.state === 'paused' && stoppedFor() !== undefined
    let before = record.state
    let hadFailed = record.state === 'error'
    if (this.#owed.isDue(cid)) this.#complete(record)
    if (isStopped()) this.#seedStopped(share, isStopped)
    const look = (): void => {
      const { state } = record
      if (state === 'fetching') this.#owed.await(cid)
      else if (state === 'seeding' && this.#owed.arrived(cid)) this.#complete(record)
      // What users see: a file that is missing is an error, a disk that is away is not.
      const failed = state === 'error' || share.state.state === 'error'
      if (failed && !hadFailed) this.#error(share)
      hadFailed = failed
      if (state !== before) {
        if (isStopped()) this.#seedStopped(share, isStopped)
        else if (state === 'seeding') this.#owed.takenUp(cid)
      }
      before = state
    }
    look()
    share.onChange(look)
  }

  /** Hooks run from here on. @param shares - all there are; what was owed to others is forgotten */
  start(shares: Iterable<HookedShare>): void {
    this.#owed.keepOnly(new Set([...shares].map(({ record }) => record.cid)))
    this.#queue.open()
  }

  /** Ends those that run; those that wait run after the next start. */
  stop(): Promise<void> {
    return this.#queue.close()
  }

  #complete(record: HookedShare['record']): void {
    const { cid } = record
    if (this.#programs.onComplete === undefined) return this.#owed.settle(cid)
    const begin = () => {
      const { onComplete } = this.#programs
      // Before it starts: a program that runs twice may do harm, one that does not run is in the log.
      this.#owed.settle(cid)
      return onComplete === undefined ? undefined : hookCommand(onComplete, factsOf('complete', record))
    }
    if (!this.#queue.add({ event: 'complete', cid, begin }))
      this.#log.warn({ cid }, 'too many hooks wait; this one runs after the next start')
  }

  /** @param isStill - nobody took it up again while its turn was awaited */
  #seedStopped({ record, state }: HookedShare, isStill: () => boolean): void {
    const { cid } = record
    if (this.#owed.isTold(cid)) return
    if (this.#programs.onSeedStopped === undefined) return this.#owed.tell(cid)
    // As it is now: it may be seeded again when its turn comes.
    const facts = factsOf('seed-stopped', record, state.reason)
    const begin = () => {
      const { onSeedStopped } = this.#programs
      // Before it starts, as with a completion. Of one that was taken up the next stop is news again.
      if (isStill()) this.#owed.tell(cid)
      return onSeedStopped === undefined ? undefined : hookCommand(onSeedStopped, facts)
    }
    if (!this.#queue.add({ event: 'seed-stopped', cid, begin }))
      this.#log.warn({ cid }, 'too many hooks wait; this one runs after the next start')
  }

  #error({ record, state }: HookedShare): void {
    if (this.#programs.onError === undefined) return
    // As it is now: it may be mended when its turn comes.
    const facts = factsOf('error', record, state.reason)
    const begin = () => {
      const { onError } = this.#programs
      return onError === undefined ? undefined : hookCommand(onError, facts)
    }
    if (!this.#queue.add({ event: 'error', cid: record.cid, begin }))
      this.#log.warn({ cid: record.cid }, 'too many hooks wait; this one is left out')
  }
}

function factsOf(event: HookFacts['event'], record: HookedShare['record'], reason = ''): HookFacts {
  const { cid, name, path, size } = record
  return { event, hash: cid, name, path, size, reason }
}
