import type { FetchState, Moment } from '@p2pshare/control'
import type { ControlClient } from '@p2pshare/control/client'
import { RateHistory } from '../live/rate-history.ts'
import { fetchView } from '../render/fetch-view.ts'
import type { View } from '../render/progress.ts'

/** What a terminal shows of a fetch beside its own words: piece map, way of peers, other fetches. */
export class FetchPicture {
  readonly #client: ControlClient
  readonly #elapsed: () => number
  readonly #leave = new AbortController()
  readonly #history = new RateHistory()
  #moment: Moment | undefined
  #observing = false

  constructor(client: ControlClient, elapsed: () => number) {
    this.#client = client
    this.#elapsed = elapsed
  }

  /** How a state is shown. @param stalled - why nothing moves, once that takes long */
  view(event: FetchState, stalled?: string): View {
    this.#history.note(this.#elapsed(), event.phase.rate)
    return fetchView(event, {
      elapsed: this.#elapsed,
      moment: () => this.#moment,
      rates: this.#history.rates,
      stalled
    })
  }

  /** From here on there is a share to observe. */
  observe(cid: string): void {
    if (this.#observing) return
    this.#observing = true
    void this.#follow(cid)
  }

  close(): void {
    this.#leave.abort()
  }

  async #follow(cid: string): Promise<void> {
    try {
      for await (const moment of this.#client.observe({ ref: cid }, this.#leave.signal)) this.#moment = moment
    } catch {
      // How the fetch goes, and why it fails, is told by its own call.
      this.#moment = undefined
    }
  }
}
