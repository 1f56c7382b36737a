import type { AnnounceLevel } from './seeding/publication.ts'

/** Choices of the user that shape swarms; all optional. */
export interface SessionSettings {
  /** How many peers are served at once, 1 … 1,000; missing: as many as the measured capacity asks for. */
  uploadSlots?: number | undefined
  /** When seeding, prefer peers at the beginning and the end of their download. */
  antiLeech?: boolean | undefined
  /** Whether the first seeder of a share hands out its pieces one by one until others have them all. */
  superSeed?: 'auto' | 'on' | 'off' | undefined
  /** What of shares is announced that say nothing of their own; `chunks` when missing. */
  announce?: AnnounceLevel | undefined
}
