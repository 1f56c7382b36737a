import cliTruncate from 'cli-truncate'

/**
 * Makes a frame fit: as many lines as there are rows but one, for the cursor; each a column shorter than the screen,
 * since terminals do not agree on what a full line does to the cursor.
 */
export function fit(lines: readonly string[], columns: number, rows: number): string[] {
  const width = Math.max(1, columns - 1)
  return lines.slice(0, Math.max(1, rows - 1)).map((line) => cliTruncate(line, width))
}

/** Rows that lines take on a screen of so many columns, where the terminal wraps what has become too long. */
export function rowsTaken(lines: readonly string[], columns: number): number {
  let rows = 0
  for (const line of lines) {
    rows++
    for (let width = columns; cliTruncate(line, width) !== line; width += columns) rows++
  }
  return rows
}
