import { formatSpan, type Millis, millis } from '@p2pshare/base'

/** When a share stops seeding; null = not by that. All null: never. */
export interface StopRules {
  /** Bytes sent for each byte of content. */
  readonly ratio: number | null
  /** Time seeded, over restarts. */
  readonly time: Millis | null
  /**
   * How many others must have all of it. Beside a ratio or a time it is a floor: however often it was sent and however
   * long it was there, the share goes on until so many have it.
   */
  readonly replicas: number | null
}

/** What the rules look at. */
export interface SeedingFacts {
  /** Content bytes sent, ever. */
  readonly uploaded: number
  /** Content bytes that are here; 0: no ratio is ever reached. */
  readonly size: number
  readonly seeded: Millis
  /** Others that were seen with all of it lately. */
  readonly replicas: number
}

/** What the rules say. */
export type StopVerdict =
  | { readonly stop: true; readonly reason: string }
  /** `lookAgain`: after so much more time seeded, if nothing else changes; undefined = by time alone nothing changes. */
  | { readonly stop: false; readonly lookAgain: Millis | undefined }

/** Whether a share has done enough: ratio or time, whichever comes first, and never below its replicas. Pure. */
export function stopVerdict(rules: StopRules, facts: SeedingFacts): StopVerdict {
  const { ratio, time, replicas } = rules
  if (replicas !== null && facts.replicas < replicas) return goesOn()
  const seen = replicas === null ? undefined : replicaText(facts.replicas)
  const stops = (reason: string): StopVerdict => ({
    stop: true,
    reason: seen === undefined ? reason : `${reason}, ${seen}`
  })
  if (ratio === null && time === null) return seen === undefined ? goesOn() : { stop: true, reason: seen }
  if (ratio !== null && facts.size > 0 && facts.uploaded >= ratio * facts.size)
    return stops(`ratio ${ratioText(ratio)} reached`)
  if (time === null) return goesOn()
  return facts.seeded >= time ? stops(`seeded for ${formatSpan(time)}`) : goesOn(millis(time - facts.seeded))
}

const goesOn = (lookAgain?: Millis): StopVerdict => ({ stop: false, lookAgain })

const replicaText = (count: number): string =>
  count === 1 ? '1 other has all of it' : `${count} others have all of it`

/** At least one digit after the point, so that it is no count: `2.0`, `0.25`. */
export function ratioText(ratio: number): string {
  const text = String(Math.round(ratio * 1000) / 1000)
  return text.includes('.') ? text : `${text}.0`
}
