import type { z } from 'zod'

/** How a value is written: `true` or `false`, a list of texts, a text, or a number or one of a few words. */
export type ConfigKind = 'flag' | 'list' | 'text' | 'number'

/** One key of config.json: what it may hold, and what there is to say of it. */
export interface ConfigKey<Value extends z.ZodType = z.ZodType> {
  /** What config.json may hold for it; a text from the environment or a command line fits, too. */
  readonly value: Value
  readonly kind: ConfigKind
  /** One sentence for people, without a full stop. */
  readonly about: string
  /** What counts without it, as it would be written, or in words. */
  readonly usual: string
  /** What it is measured in and its range, or the words that it may be. */
  readonly unit: string
  /** When a change counts: for the running daemon at once, at its next start, or for the next command. */
  readonly counts: 'at once' | 'at the next start' | 'for commands'
  /** Why it is taken from config.json alone, and not set by a command: a sentence without its subject. */
  readonly onlyInFile?: string
}
