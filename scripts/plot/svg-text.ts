/** Okabe and Ito's palette, told apart by colour-blind readers too. */
export const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#8a8a00'
] as const

/** A coordinate with one digit after the point. */
export const at = (n: number): string => String(Math.round(n * 10) / 10)

/** Words as SVG holds them. */
export const escape = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Words at a place; `y` is their base line, `size` in pixels. */
export function text(x: number, y: number, words: string, anchor: string, size: number): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" font-size="${size}">${escape(words)}</text>`
}
