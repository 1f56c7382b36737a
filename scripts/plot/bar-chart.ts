import { at, COLOURS, text } from './svg-text.ts'

/** A chart of horizontal bars: for each row one bar of each series. */
export interface BarChart {
  title: string
  /** Name of the values and their unit. */
  x: string
  series: readonly string[]
  groups: readonly BarGroup[]
}

/** Rows under a heading of their own. */
export interface BarGroup {
  name: string
  rows: readonly { name: string; values: readonly number[] }[]
}

const WIDTH = 760
const LEFT = 230
const RIGHT = 64
const TOP = 72
const BAR = 9
const ROW = 2 * BAR + 8
const HEADING = 24

/** The chart as an SVG document of its own, with a white ground; its height follows from the rows. */
export function barChart({ title, x, series, groups }: BarChart): string {
  const most = Math.max(1e-9, ...groups.flatMap(({ rows }) => rows.flatMap(({ values }) => values)))
  const scale = (WIDTH - LEFT - RIGHT) / most
  const body: string[] = []
  let y = TOP
  for (const { name, rows } of groups) {
    body.push(`<g font-weight="bold">${text(LEFT - 8, y + 12, name, 'end', 12)}</g>`)
    y += HEADING
    for (const row of rows) {
      body.push(text(LEFT - 8, y + BAR + 4, row.name, 'end', 12))
      body.push(...row.values.flatMap((value, i) => bar(y + i * BAR, value, value * scale, i)))
      y += ROW
    }
  }
  const height = y + 16
  const head = [
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(WIDTH / 2, 24, title, 'middle', 16),
    text(WIDTH / 2, 42, x, 'middle', 12),
    ...series.flatMap((name, i) => legend(name, i, series.length)),
    `<path d="M${LEFT} ${TOP}V${y}" stroke="#444444"/>`
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif">\n${[...head, ...body].join('\n')}\n</svg>\n`
}

function bar(y: number, value: number, width: number, i: number): string[] {
  return [
    `<rect x="${LEFT}" y="${at(y)}" width="${at(width)}" height="${BAR - 1}" fill="${COLOURS[i % COLOURS.length]}"/>`,
    text(LEFT + width + 4, y + BAR - 1, value.toFixed(2), 'start', 9)
  ]
}

function legend(name: string, i: number, count: number): string[] {
  const x = LEFT - 100 + ((WIDTH - LEFT + 100) / count) * i
  return [
    `<rect x="${at(x)}" y="52" width="12" height="8" fill="${COLOURS[i % COLOURS.length]}"/>`,
    text(x + 18, 60, name, 'start', 12)
  ]
}
