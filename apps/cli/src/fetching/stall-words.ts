import { millis } from '@p2pshare/base'
import type { FetchState, WhyAnswer } from '@p2pshare/control'
import { findingText } from '../render/why-text.ts'
import { ProgressWatch } from './progress-watch.ts'

/** Silence after which a person wants to know why. */
const PATIENCE = millis(10_000)

/** What is said beside a fetch that does not move: the most important answer of `why`, and how to get the others. */
export class StallWords {
  readonly #ask: (cid: string) => Promise<WhyAnswer>
  readonly #onChange: () => void
  readonly #watch: ProgressWatch
  #cid: string | undefined
  #words: string | undefined

  /**
   * @param ask - asks the daemon
   * @param onChange - called when there is something new to show
   */
  constructor(ask: (cid: string) => Promise<WhyAnswer>, onChange: () => void, patience = PATIENCE) {
    this.#ask = ask
    this.#onChange = onChange
    this.#watch = new ProgressWatch(patience, () => void this.#look())
  }

  /** Undefined while it moves. */
  get words(): string | undefined {
    return this.#words
  }

  note({ cid, phase }: FetchState): void {
    this.#cid = cid
    if (this.#watch.note(phase)) this.#words = undefined
  }

  stop(): void {
    this.#watch.stop()
  }

  async #look(): Promise<void> {
    const cid = this.#cid
    if (cid === undefined) return
    // A daemon of an earlier version does not know the call: then the command is named all the same.
    const answer = await this.#ask(cid).catch(() => undefined)
    const first = answer?.findings[0]
    this.#words = `${first === undefined ? '' : `${findingText(first)} `}More: p2pshare why ${cid}`
    this.#onChange()
    this.#watch.again()
  }
}
