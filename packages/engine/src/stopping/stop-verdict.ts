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
  const enoughReplicas = replicas === null || facts.replicas >= replicas
  if (!enoughReplicas) return { stop: false, lookAgain: undefined }
  const seen =
    replicas === null
      ? []
      : [facts.replicas === 1 ? '1 other has all of it' : `${facts.replicas} others have all of it`]
  if (ratio === null && time === null)
    return seen.length > 0 ? { stop: true, reason: seen.join() } : { stop: false, lookAgain: undefined }
  if (ratio !== null && facts.size > 0 && facts.uploaded >= ratio * facts.size)
    return { stop: true, reason: [`ratio ${ratioText(ratio)} reached`, ...seen].join(', ') }
  if (time === null) return { stop: false, lookAgain: undefined }
  if (facts.seeded >= time)
    return { stop: true, reason: [`seeded for ${formatSpan(time)}`, ...seen].join(', ') }
  return { stop: false, lookAgain: millis(time - facts.seeded) }
}

/** At least one digit after the point, so that it is no count: `2.0`, `0.25`. */
export function ratioText(ratio: number): string {
  const text = String(Math.round(ratio * 1000) / 1000)
  return text.includes('.') ? text : `${text}.0`
}
