/** What no two runs have alike, and what stands for it: rates with their sparkline, times, the turning mark. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '⠋'],
  [/ *[▁▂▃▄▅▆▇]+/g, ''],
  [/\d+(\.\d+)? ([KMG]i)?B\/s/g, '‹rate›'],
  [/ · \d+[dhms]( \d+[dhms])? left/g, ''],
  // The same, cut off.
  [/ · \d+[dhms]?( l?e?f?)?…$/gm, ''],
  [/(· |running )\d+[dhms]( \d+[dhms])?(?=\s|$)/gm, '$1‹time›']
]

/** How far something has come. */
const PROGRESS: readonly (readonly [RegExp, string])[] = [
  [/\d+ of (\d+) pieces/g, '‹n› of $1 pieces'],
  [/\d+(\.\d+)? ([KMG]i)?B of/g, '‹size› of'],
  [/\d+ %/g, '‹n› %'],
  [/[█▓░·]{8,}/g, '‹bar›']
]

/** A frame without what changes from run to run. @param moving - whether how far it has come does, too */
export function maskedFrame(frame: string, moving = false): string {
  let masked = frame
  for (const [what, instead] of [...VOLATILE, ...(moving ? PROGRESS : [])])
    masked = masked.replace(what, instead)
  return `${masked
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`
}
