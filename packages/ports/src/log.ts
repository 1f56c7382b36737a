/** Structured log, one per area; fields never hold secrets. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  /** A log for a part of the program, named in each line. */
  child(area: string): Log
}

/** Facts beside a message. */
export type LogFields = Readonly<Record<string, unknown>>
