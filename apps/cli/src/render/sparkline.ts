const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇']

/** The last `width` values as columns that are as high as the value is of the greatest; empty before there are two. */
export function sparkline(values: readonly number[], width: number): string {
  if (values.length < 2 || width < 1) return ''
  const shown = values.slice(-width)
  const most = Math.max(...shown)
  return shown
    .map((value) => LEVELS[most <= 0 ? 0 : Math.round((Math.max(0, value) / most) * (LEVELS.length - 1))])
    .join('')
}
