import { z } from 'zod'

const keys = z.array(z.string().max(64)).max(100)

/** Answer of `reload`: what of config.json changed since the daemon read it last. */
export const reloadResult = z.object({
  /** Keys whose new values are in force now. */
  applied: keys,
  /** Keys whose new values count at the next start. */
  pending: keys,
  /** Keys that the daemon's command line or environment gives another value, which counts. */
  overruled: keys,
  /** Sentences on keys that nobody knows. */
  warnings: z.array(z.string()).max(100)
})
/** See {@link reloadResult}. */
export type ReloadResult = z.infer<typeof reloadResult>
