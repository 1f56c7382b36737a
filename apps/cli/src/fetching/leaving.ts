import type { Millis } from '@p2pshare/base'
import type { Surroundings } from '../terminal.ts'
import { ProgressWatch } from './progress-watch.ts'

/** Ends a stream of the daemon early: when the user leaves, or when nothing moves for a time. */
export class Leaving {
  /** To be told of what moves. */
  readonly watch: ProgressWatch
  readonly #leave = new AbortController()
  readonly #stopListening: () => void
  #why: 'interrupted' | 'no-progress' | undefined

  /** @param timeout - undefined = for ever */
  constructor(around: Pick<Surroundings, 'onInterrupt'>, timeout: Millis | undefined) {
    this.#stopListening = around.onInterrupt(() => this.#end('interrupted'))
    this.watch = new ProgressWatch(timeout, () => this.#end('no-progress'))
  }

  /** Aborted when it is time to leave; the stream then ends without its last word. */
  get signal(): AbortSignal {
    return this.#leave.signal
  }

  /** Why it was left; the first reason counts. A stream that ended otherwise was not. */
  get why(): 'interrupted' | 'no-progress' | undefined {
    return this.#why
  }

  /** To be called in any case. */
  close(): void {
    this.watch.stop()
    this.#stopListening()
  }

  #end(why: 'interrupted' | 'no-progress'): void {
    this.#why ??= why
    this.#leave.abort()
  }
}
