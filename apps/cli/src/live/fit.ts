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

/** Columns that a text takes. */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  // No character takes more than two columns.
  let [least, most] = [1, 2 * text.length]
  while (least < most) {
    const middle = Math.floor((least + most) / 2)
    if (cliTruncate(text, middle) === text) most = middle
    else least = middle + 1
  }
  return least
}

/** A text on exactly `width` columns: cut or filled up with blanks at its end. */
export function padded(text: string, width: number): string {
  const cut = cliTruncate(text, width)
  return cut + ' '.repeat(Math.max(0, width - widthOf(cut)))
}
