/** Whole percent, rounded down: 100 means all of it. Undefined while the total is unknown. */
export function percent(done: number, total: number): number | undefined {
  if (total <= 0) return undefined
  if (done >= total) return 100
  return Math.min(99, Math.floor((done / total) * 100))
}

/** A progress bar of `width` columns; filled by whole columns, rounded down. */
export function bar(done: number, total: number, width: number): string {
  const filled = total <= 0 ? 0 : Math.min(width, Math.floor((done / total) * width))
  return '█'.repeat(filled) + '░'.repeat(Math.max(0, width - filled))
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** One column that turns with `tick`. */
export function spinner(tick: number): string {
  return SPINNER[tick % SPINNER.length] ?? '·'
}
