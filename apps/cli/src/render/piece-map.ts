import type { Format, Style } from '../live/screen.ts'

/** How each kind of part is drawn, by the character that the API has for it. */
const GLYPHS: Readonly<Record<string, readonly [glyph: string, format: Format]>> = {
  '#': ['█', 'green'],
  '+': ['▓', 'green'],
  '-': ['░', 'dim'],
  '.': ['·', 'yellow']
}

/** What the glyphs mean. */
export const MAP_LEGEND = '█ here  ▓ partly  ░ at connected peers  · at none of them'

/**
 * A piece map on `width` columns: parts are put together where there are too many, and stretched where there are few.
 * @param map - as the API's `observe` gives it; other characters count as `.`
 */
export function mapLine(map: string, width: number, style: Style): string {
  if (map === '' || width < 1) return ''
  const cells = fold(map, width)
  return cells.replace(/(.)\1*/g, (run) => {
    const [glyph, format] = GLYPHS[run[0] ?? ''] ?? ['·', 'yellow']
    return style(format, glyph.repeat(run.length))
  })
}

/** The same map in `width` parts. */
export function fold(map: string, width: number): string {
  let cells = ''
  for (let i = 0; i < width; i++) {
    const start = Math.floor((i * map.length) / width)
    const end = Math.max(start + 1, Math.floor(((i + 1) * map.length) / width))
    cells += together(map.slice(start, end))
  }
  return cells
}

function together(parts: string): string {
  const missing = parts.replaceAll('#', '')
  if (missing === '') return '#'
  if (/^[^+-]+$/.test(missing)) return '.'
  return missing.length < parts.length || missing.includes('+') ? '+' : '-'
}
