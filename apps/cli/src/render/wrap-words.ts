/**
 * Breaks plain text at blanks into lines of at most `width` characters, where words are not longer than that.
 * @param most - lines at most; what does not fit ends in an ellipsis
 */
export function wrapWords(text: string, width: number, most: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line === '' || longer.length <= width) {
      line = longer
      continue
    }
    if (lines.length === most - 1) {
      line += ' …'
      break
    }
    lines.push(line)
    line = word
  }
  return [...lines, line]
}
