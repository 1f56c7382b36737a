import { z } from 'zod'
import { stopping } from './stop-rules.ts'

/** A non-negative count: bytes, pieces, peers; exact. */
export const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
/** Bytes per second, ≥ 0. */
export const rate = z.number().min(0)

/** What a share is doing, as users see it; `offline`: the disk or folder that it lies on is away. */
export const shareState = z.enum(['fetching', 'seeding', 'paused', 'queued', 'checking', 'error', 'offline'])

/** One line of `list`. */
export const shareSummary = z.object({
  cid: z.string(),
  /** As the share says, not escaped: whoever shows it escapes it. */
  name: z.string(),
  /** Content bytes; 0 until the index is known. */
  size: count,
  /** Content bytes that are on disk and verified. */
  done: count,
  state: shareState,
  /** Why; always there with `error` and `offline`. */
  reason: z.string().optional(),
  /** Absolute final path. */
  path: z.string(),
  /** The hash that took its place in a watched folder: this is an older version, served as far as it is still there. */
  newer: z.string().optional()
})
/** See {@link shareSummary}. */
export type ShareSummary = z.infer<typeof shareSummary>

/** Where providers were sought, and what came of it; for "what was tried". */
export const findReport = z.object({
  source: z.enum(['lan-dht', 'amino-dht', 'private-dht', 'mdns', 'hint', 'exchange', 'known']),
  outcome: z.enum(['found', 'nobody', 'no-servers', 'failed', 'timed-out']),
  providers: count,
  text: z.string().optional()
})
/** See {@link findReport}. */
export type FindOutcome = z.infer<typeof findReport>

/** What a share is busy with this moment, with the figures to show beside it. */
export const sharePhase = z.object({
  phase: z.enum([
    'hashing',
    'finding',
    'connecting',
    'index',
    'pieces',
    'verifying',
    'finishing',
    'waiting',
    'done'
  ]),
  /** Providers heard of so far. */
  found: count,
  /** Connected peers that take part in this share. */
  connected: count,
  /** The last word of each place asked. */
  tried: z.array(findReport).max(64),
  /** In phase `index`: index blocks that are here; later: verified pieces. */
  pieces: count,
  /** Of how many; in phase `index` those known so far. 0 = not known yet. */
  totalPieces: count,
  /** Content bytes that are here (when hashing or verifying: looked at). */
  done: count,
  /** Content bytes in all; 0 = not known yet. */
  total: count,
  /** Bytes per second, smoothed. */
  rate,
  /** Peers that data comes from (or could). */
  peers: count,
  /** Milliseconds left at this rate; null = cannot be told. */
  etaMs: z.number().min(0).nullable(),
  /** In phase `waiting`: for what, in words (disk full, paused, nobody has it yet). */
  reason: z.string().nullable()
})
/** See {@link sharePhase}. */
export type SharePhase = z.infer<typeof sharePhase>

/** What of a share others can find it by: the root alone, its files, too, or also every chunk. */
export const announceLevel = z.enum(['roots', 'files', 'chunks'])

/** How far announcing is. */
export const announcing = z.object({
  /** Keys, of how many. */
  announced: count,
  total: count,
  /** Wall time in ms of the oldest record that stands; null before the first. Records end after 48 h. */
  oldest: z.number().nullable(),
  /** Wall time in ms at which the next cycle begins, in which everything is announced again. */
  nextCycle: z.number()
})
/** See {@link announcing}. */
export type Announcing = z.infer<typeof announcing>

/** In which order pieces are fetched: those that few peers have first, or from the first to the last. */
export const pieceOrder = z.enum(['rarest', 'sequential'])

/** Answer of `status <hash>`. */
export const shareDetail = shareSummary.extend({
  pieces: count,
  /** Content bytes sent, ever. */
  uploaded: count,
  /** Content bytes received, ever. */
  downloaded: count,
  rateUp: rate,
  rateDown: rate,
  peers: count,
  /** Copies among connected peers and us: whole part = rarest piece's copies, fraction = share of pieces above. */
  availability: z.number().min(0),
  link: z.string(),
  order: pieceOrder.optional(),
  /** Of a share of several paths: its entries and where each lies, the first 1000; `path` is a folder that holds them all. */
  roots: z
    .array(z.object({ name: z.string(), path: z.string() }))
    .max(1000)
    .optional(),
  /** How many these are in all. */
  rootCount: count.optional(),
  /** Limits set for this share, beside those of the daemon; bytes per second, null = none. */
  limits: z.object({ up: z.number().nullable(), down: z.number().nullable() }),
  /** When it stops seeding by itself, and how far it is. */
  stopping: stopping.optional(),
  phase: sharePhase.optional(),
  /** How far announcing in the DHT is, and what is announced of the share. */
  announced: announcing.extend({ level: announceLevel }).optional()
})
/** See {@link shareDetail}. */
export type ShareDetail = z.infer<typeof shareDetail>

/** Answer of `remove`, `pause`, `resume`, `verify`. */
export const shareChange = z.object({
  cid: z.string(),
  state: z.enum([...shareState.options, 'removed']),
  /** What there is to say of it: for what it waits, or what else has changed. */
  reason: z.string().optional()
})
/** See {@link shareChange}. */
export type ShareChange = z.infer<typeof shareChange>
