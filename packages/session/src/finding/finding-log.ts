import type { Millis } from '@p2pshare/base'
import type { FindReport, PeerName } from '@p2pshare/ports'
import type { DialOutcome, DialReport, FindingSource, SourceReport } from './finding-report.ts'

/** Dials that are kept, the newest. */
const MOST_DIALS = 50

/** What a dial is told of. */
export interface DialStep {
  source?: FindingSource
  addresses?: readonly string[]
  outcome: DialOutcome
  failures?: number
  nextAt?: Millis | undefined
  text?: string | undefined
}

/** Keeps what finding did for one share, for display; bounded. */
export class FindingLog {
  readonly #sources = new Map<FindingSource, SourceReport>()
  /** Oldest first. */
  readonly #dials = new Map<PeerName, DialReport>()
  /** The last word of each source, for progress lines. */
  readonly #tried = new Map<string, FindReport>()

  get tried(): FindReport[] {
    return [...this.#tried.values()]
  }

  /** Every source that has been heard of, in that order. */
  get sources(): SourceReport[] {
    return [...this.#sources.values()].map((report) => ({ ...report }))
  }

  /** Newest first. */
  get dials(): DialReport[] {
    return [...this.#dials.values()].reverse().map((report) => ({ ...report }))
  }

  asking(source: FindingSource, now: Millis): void {
    const report = this.#source(source)
    report.state = 'asking'
    report.askedAt = now
    report.nextAt = undefined
  }

  /** A source said something. */
  answered(report: FindReport, now: Millis): void {
    this.#tried.set(report.source, report)
    this.settle(report.source, report, now)
  }

  /** As {@link answered}, for sources that no progress line shows. */
  settle(source: FindingSource, said: Pick<FindReport, 'outcome' | 'providers' | 'text'>, now: Millis): void {
    const report = this.#source(source)
    report.state = said.outcome
    report.providers = said.providers
    report.text = said.text
    report.answeredAt = now
  }

  /** When a source is asked next. */
  next(source: FindingSource, at: Millis | undefined): void {
    this.#source(source).nextAt = at
  }

  /** Only the last word, for progress lines: a candidate of that source could not be reached. */
  unreachable(source: FindReport['source'], text: string): void {
    this.#tried.set(source, { source, outcome: 'failed', providers: 1, text })
  }

  dial(peer: PeerName, step: DialStep, now: Millis): void {
    const before = this.#dials.get(peer)
    this.#dials.delete(peer)
    this.#dials.set(peer, {
      peer,
      source: step.source ?? before?.source ?? 'neighbours',
      addresses: step.addresses ?? before?.addresses ?? [],
      outcome: step.outcome,
      failures: step.failures ?? before?.failures ?? 0,
      at: now,
      nextAt: step.nextAt,
      text: step.text
    })
    const [oldest] = this.#dials.keys()
    if (this.#dials.size > MOST_DIALS && oldest !== undefined) this.#dials.delete(oldest)
  }

  #source(source: FindingSource): SourceReport {
    const present = this.#sources.get(source)
    if (present !== undefined) return present
    const made: SourceReport = {
      source,
      state: 'not-asked',
      providers: 0,
      askedAt: undefined,
      answeredAt: undefined,
      nextAt: undefined,
      text: undefined
    }
    this.#sources.set(source, made)
    return made
  }
}
