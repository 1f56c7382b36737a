import { z } from 'zod'
import { fileChoice, filePriorities } from './choice.ts'
import { errorBody } from './error.ts'
import { announceLevel, count, pieceOrder, sharePhase, shareState } from './share.ts'

/** An absolute path of at most 4096 UTF-16 units without NUL; the caller resolves against its own folder. */
export const absolutePath = z
  .string()
  .min(1)
  .max(4096)
  .refine(
    (p) => !p.includes('\0') && (p.startsWith('/') || /^[A-Za-z]:[\\/]|^\\\\/.test(p)),
    'not an absolute path'
  )

/** A hash or link as the user gave it, at most 4 KiB; the daemon parses it. */
export const shareRefText = z.string().min(1).max(4096)

/** `seed`: paths are shared one after the other; with a name, as one share. */
export const seedRequest = z.strictObject({
  paths: z.array(absolutePath).min(1).max(10_000),
  /** All paths become one share: a folder of this name, with each of them as an entry. The daemon checks it. */
  name: z.string().max(4096).optional(),
  /** What is announced of them; kept with the share. Without: as the daemon does, or as before. */
  announce: announceLevel.optional(),
  /** As private shares: encrypted before they are hashed; the answer's link has the key. */
  encrypt: z.boolean().optional()
})
/** See {@link seedRequest}. */
export type SeedRequest = z.infer<typeof seedRequest>

/** A thing below a seeded path that is not shared. */
export const skippedPath = z.object({
  path: z.string(),
  reason: z.enum(['symlink', 'fifo', 'socket', 'device', 'unreadable', 'own-data', 'bad-name'])
})

/**
 * What the stream of `seed` carries; `path` is the one that was asked for, of several in one share the name, and when it
 * is seeded the nearest folder that holds them all. `seeded` comes when the share is hashed, recorded
 * and served.
 */
export const seedEvent = z.discriminatedUnion('event', [
  /** Hashing; at most 4 a second. */
  z.object({ event: z.literal('hashing'), path: z.string(), bytes: count, totalBytes: count, files: count }),
  z.object({
    event: z.literal('seeded'),
    path: z.string(),
    cid: z.string(),
    name: z.string(),
    size: count,
    pieces: count,
    link: z.string(),
    /** Not shared; the first 1000 at most. */
    skipped: z.array(skippedPath).max(1000),
    /** Shares with files of this one that are private where this is not, or the other way round; 100 at most. */
    overlaps: z
      .array(z.object({ cid: z.string(), path: z.string() }))
      .max(100)
      .optional()
  }),
  /** This path could not be shared; the stream goes on with the next. */
  z.object({ event: z.literal('failed'), path: z.string(), error: errorBody })
])
/** See {@link seedEvent}. */
export type SeedEvent = z.infer<typeof seedEvent>

/** `fetch`: makes the job, or joins the one that runs for the same hash. */
export const fetchRequest = z
  .strictObject({
    ref: shareRefText,
    /** The target itself; wins over `folder`. */
    output: absolutePath.optional(),
    /** Where the share goes under its own name. Without both: the daemon's `downloads` folder. */
    folder: absolutePath.optional(),
    /** Whether an existing target may be replaced. */
    force: z.boolean().default(false),
    /**
     * The download begins with what is at the target, and fetches the rest. Without `force` nothing is lost: files with
     * other bytes than the share's end it with `storage.adopt-differs` before anything is changed. With it files that are
     * partly right are repaired, and others kept under another name.
     */
    adopt: z.boolean().optional(),
    /**
     * Only these files, kept with the share. A job that there is gets them beside those that it fetches already.
     * Left out: all, or what was chosen before.
     */
    choice: fileChoice.optional(),
    /** Files that are fetched before or after the others, or not at all; kept with the share. */
    priorities: filePriorities.optional(),
    /** Kept with the share; left out: as it was, at first `rarest`. */
    order: pieceOrder.optional(),
    /**
     * Somebody clicked on the link, or a web page did: it goes to the downloads, replaces nothing, and there are not
     * endlessly many such jobs (`daemon.too-many-links`).
     */
    clicked: z.boolean().optional()
  })
  .refine(
    ({ clicked, ...rest }) =>
      clicked !== true || !(rest.force || rest.adopt === true || (rest.output ?? rest.folder) !== undefined),
    'what was clicked goes to the downloads and replaces nothing'
  )
/** See {@link fetchRequest}; `force` filled in. */
export type FetchRequest = z.infer<typeof fetchRequest>

/** `checkFetch`: whether such a fetch could begin. */
export const fetchCheck = z.object({ cid: z.string() })
/** See {@link fetchCheck}. */
export type FetchCheck = z.infer<typeof fetchCheck>

/**
 * What the stream of `fetch` carries: `state` at once, then at least twice a second and whenever
 * the phase changes; `done` last. Failing throws. Leaving the stream leaves the job running.
 */
export const fetchEvent = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('state'),
    cid: z.string(),
    /** The best name known so far; the CID before any. */
    name: z.string(),
    state: shareState,
    phase: sharePhase
  }),
  /** `partial`: the files that were chosen are complete, below `path`, where the rest would come, too. */
  z.object({
    event: z.literal('done'),
    cid: z.string(),
    name: z.string(),
    path: z.string(),
    size: count,
    partial: z.boolean().optional(),
    /** Of a download that adopted its target: content bytes that were there, and right. */
    adopted: count.optional()
  })
])
/** See {@link fetchEvent}. */
export type FetchEvent = z.infer<typeof fetchEvent>
/** The result of a fetch. */
export type FetchDone = Extract<FetchEvent, { event: 'done' }>
/** A moment of a fetch. */
export type FetchState = Extract<FetchEvent, { event: 'state' }>
