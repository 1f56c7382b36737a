import { z } from 'zod'
import { count, findReport, shareState } from './share.ts'

/** Seconds from now, 0 = at once; null = by no time alone. */
const inSeconds = z.number().min(0).nullable()

/** One answer, the most important first. */
export const whyFinding = z.object({
  /** What it is about; kebab words that keep their meaning. */
  code: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
  /** Whether it keeps the share from its work, only makes it slower, or is as it should be. */
  weight: z.enum(['stops', 'slows', 'fine']),
  /** One sentence; may hold words of peers, escaped. */
  text: z.string(),
  /** What happens next by itself; null = nothing. */
  next: z.string().nullable(),
  inSeconds,
  /** What the user can do; null = nothing is to be done. */
  action: z.string().nullable()
})
/** See {@link whyFinding}. */
export type WhyFindingView = z.infer<typeof whyFinding>

/** A place that is asked for peers. */
export const whySource = z.object({
  source: z.enum([...findReport.shape.source.options, 'neighbours']),
  state: z.enum(['off', 'not-asked', 'asking', ...findReport.shape.outcome.options]),
  providers: count,
  /** Seconds since it was asked last, and since it answered; null = never. */
  askedAgo: inSeconds,
  answeredAgo: inSeconds,
  nextInSeconds: inSeconds,
  text: z.string().nullable()
})
/** See {@link whySource}. */
export type WhySource = z.infer<typeof whySource>

/** A peer that was found, and what became of it. */
export const whyDial = z.object({
  peerId: z.string(),
  source: whySource.shape.source,
  addresses: z.array(z.string()).max(64),
  outcome: z.enum([
    'waiting',
    'dialling',
    'connected',
    'refused',
    'timed-out',
    'unreachable',
    'behind-nat',
    'no-name',
    'wrong-peer',
    'failed',
    'not-a-swarm-peer',
    'lacks-share',
    'banned'
  ]),
  /** Dials in a row that came to nothing. */
  failures: count,
  nextInSeconds: inSeconds,
  text: z.string().nullable()
})
/** See {@link whyDial}. */
export type WhyDial = z.infer<typeof whyDial>

/** Answer of `why`: also for a share that is fine, and (`unknown`) for one that this node does not have. */
export const whyAnswer = z.object({
  cid: z.string(),
  name: z.string(),
  state: z.enum([...shareState.options, 'unknown']),
  /** At least one. */
  findings: z.array(whyFinding).min(1).max(64),
  sources: z.array(whySource).max(16),
  /** Newest first. */
  dials: z.array(whyDial).max(50)
})
/** See {@link whyAnswer}. */
export type WhyAnswer = z.infer<typeof whyAnswer>
