import { at, COLOURS, escape, text } from './svg-text.ts'

/** A curve of a chart. */
export interface Curve {
  name: string
  points: readonly (readonly [x: number, y: number])[]
  /** Drawn with gaps, for what the others are compared to. */
  dashed?: boolean
}

/** A chart of curves over one pair of axes. */
export interface Chart {
  title: string
  /** Name and unit of each axis. */
  x: string
  y: string
  curves: readonly Curve[]
  /** Vertical lines with a word, such as a bound. */
  marks?: readonly { x: number; name: string }[]
  /** Where the axes end; the largest value when missing. */
  xMost?: number
  yMost?: number
}

const WIDTH = 720
const HEIGHT = 400
const LEFT = 64
const RIGHT = 24
const TOP = 44
const BOTTOM = 56

/** The chart as an SVG document of its own, with a white ground. */
export function lineChart(chart: Chart): string {
  const all = chart.curves.flatMap(({ points }) => points)
  const xMost = chart.xMost ?? niceCeiling(Math.max(1e-9, ...all.map(([x]) => x)))
  const yMost = chart.yMost ?? niceCeiling(Math.max(1e-9, ...all.map(([, y]) => y)))
  const px = (x: number): number => LEFT + (Math.min(x, xMost) / xMost) * (WIDTH - LEFT - RIGHT)
  const py = (y: number): number => HEIGHT - BOTTOM - (Math.min(y, yMost) / yMost) * (HEIGHT - TOP - BOTTOM)
  const body = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(WIDTH / 2, 24, chart.title, 'middle', 16),
    ...axisLines(xMost, yMost, px, py),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, chart.x, 'middle', 13),
    `<text transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle" font-size="13">${escape(chart.y)}</text>`,
    ...(chart.marks ?? []).map(({ x, name }) => mark(px(x), name)),
    ...chart.curves.map((curve, i) => path(curve, i, px, py)),
    ...chart.curves.map((curve, i) => legend(curve, i, chart.curves.length))
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif">\n${body.join('\n')}\n</svg>\n`
}

function axisLines(
  xMost: number,
  yMost: number,
  px: (x: number) => number,
  py: (y: number) => number
): string[] {
  const lines: string[] = []
  for (const x of ticks(xMost)) {
    lines.push(`<path d="M${at(px(x))} ${TOP}V${HEIGHT - BOTTOM}" stroke="#e4e4e4"/>`)
    lines.push(text(px(x), HEIGHT - BOTTOM + 18, number(x), 'middle', 12))
  }
  for (const y of ticks(yMost)) {
    lines.push(`<path d="M${LEFT} ${at(py(y))}H${WIDTH - RIGHT}" stroke="#e4e4e4"/>`)
    lines.push(text(LEFT - 8, py(y) + 4, number(y), 'end', 12))
  }
  lines.push(`<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#444444"/>`)
  return lines
}

function path(
  { points, dashed }: Curve,
  i: number,
  px: (x: number) => number,
  py: (y: number) => number
): string {
  const d = points.map(([x, y], n) => `${n === 0 ? 'M' : 'L'}${at(px(x))} ${at(py(y))}`).join('')
  const dash = dashed === true ? ' stroke-dasharray="6 4"' : ''
  return `<path d="${d}" fill="none" stroke="${colour(i)}" stroke-width="2" stroke-linejoin="round"${dash}/>`
}

function legend({ name, dashed }: Curve, i: number, count: number): string {
  const y = HEIGHT - BOTTOM - 12 - (count - 1 - i) * 18
  const dash = dashed === true ? ' stroke-dasharray="6 4"' : ''
  const x = WIDTH - RIGHT - 8
  return `<path d="M${x - 24} ${y - 4}h24" stroke="${colour(i)}" stroke-width="2"${dash}/>${text(x - 30, y, name, 'end', 12)}`
}

function mark(x: number, name: string): string {
  return `<path d="M${at(x)} ${TOP}V${HEIGHT - BOTTOM}" stroke="#888888" stroke-dasharray="2 3"/>${text(x + 4, TOP + 12, name, 'start', 12)}`
}

const colour = (i: number): string => COLOURS[i % COLOURS.length] ?? '#000000'
const number = (n: number): string => String(Math.round(n * 1000) / 1000)

/** Five or so round numbers from 0 to the end. */
function ticks(most: number): number[] {
  const rough = most / 5
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = unit * ([1, 2, 2.5, 5, 10].find((factor) => unit * factor >= rough * 0.999) ?? 10)
  const found: number[] = []
  for (let value = 0; value <= most * 1.0001; value += step) found.push(value)
  return found
}

function niceCeiling(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  return unit * ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => unit * factor >= value) ?? 10)
}
