/** Where log lines go; the shape of the project's log port, which this package may not import. */
export interface ControlLog {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}
