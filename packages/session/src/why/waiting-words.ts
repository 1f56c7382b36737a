import type { Millis } from '@p2pshare/base'
import type { ShareDriver } from '../share/share-driver.ts'
import type { WhyReport } from './why-facts.ts'

/** For how long an answer is shown before it is worked out anew, ms: states are told many times a second. */
const FRESH = 2000

/** What a waiting share is said to wait for: the first answer of `why`. */
export class WaitingWords {
  readonly #kept = new WeakMap<ShareDriver, { text: string | undefined; until: number }>()

  words(driver: ShareDriver, now: Millis, why: () => WhyReport): string | undefined {
    const kept = this.#kept.get(driver)
    if (kept !== undefined && now < kept.until) return kept.text
    const text = why().findings[0]?.text
    this.#kept.set(driver, { text, until: now + FRESH })
    return text
  }
}
