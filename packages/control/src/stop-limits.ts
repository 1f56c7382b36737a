/** What rules for the end of seeding may say; both ends are allowed. */
export const STOP_LIMITS = {
  /** Bytes sent for each byte of content. */
  ratio: { least: 0.01, most: 1000 },
  /** ms: a second to ten years. */
  time: { least: 1000, most: 10 * 366 * 86_400_000 },
  /** Others that have all of it. */
  replicas: { least: 1, most: 100 }
} as const
