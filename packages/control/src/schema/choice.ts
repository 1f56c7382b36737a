import { z } from 'zod'

/** A path below a share's root, names with `/` between them; at most 4096 UTF-16 units. */
export const innerPath = z.string().min(1).max(4096)

/** A pattern for paths; what it may say is checked by the daemon. */
export const globText = z.string().min(1).max(256)

/** A number of a file as `entries` gives it. */
const fileNumber = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

/** Ranges of numbers in one choice: more do not fit into a request. */
export const MAX_NUMBER_RANGES = 40_000

/** Which files of a share are meant: all that any part of it names. Each part must name some file. */
export const fileChoice = z
  .strictObject({
    /** Files and folders. */
    paths: z.array(innerPath).max(100).default([]),
    globs: z.array(globText).max(100).default([]),
    /** First and last number of files. */
    numbers: z
      .array(
        z
          .tuple([fileNumber, fileNumber])
          .refine(([first, last]) => first <= last, 'the last is before the first')
      )
      .max(MAX_NUMBER_RANGES)
      .default([])
  })
  .refine(({ paths, globs, numbers }) => paths.length + globs.length + numbers.length > 0, 'it names nothing')
/** How much a file is wanted; `skip`: not at all. A higher one is fetched before a lower one. */
export const filePriority = z.enum(['skip', 'low', 'normal', 'high'])
/** See {@link filePriority}. */
export type FilePriorityView = z.infer<typeof filePriority>

/** Files by how much they are wanted. One that several name is wanted as much as the highest says. */
export const filePriorities = z
  .strictObject({
    skip: fileChoice.optional(),
    low: fileChoice.optional(),
    normal: fileChoice.optional(),
    high: fileChoice.optional()
  })
  .refine((all) => Object.values(all).some((choice) => choice !== undefined), 'it names nothing')
