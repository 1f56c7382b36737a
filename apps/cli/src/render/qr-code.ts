/** White on black, and back: light modules are drawn, dark ones are the background. */
const COLOURS = ['\u001b[97;40m', '\u001b[0m'] as const

/** Where a code is drawn. */
export interface QrScreen {
  /** Whether colours may be set; without them it is right on dark terminals, and negative on light ones. */
  readonly coloured: boolean
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined
}

/**
 * A link as a QR code of half blocks, for scanning from the screen. One that fits into no code, or a code that does
 * not fit into the terminal, gives a sentence instead: lines that are broken cannot be scanned.
 */
export async function qrCode(link: string, { coloured, columns }: QrScreen): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr')
  let drawn: string
  try {
    drawn = renderUnicodeCompact(link, { ecc: 'L', border: 2 })
  } catch {
    const way = link.includes('peer=')
      ? 'leave out where this machine is: p2pshare link --without-peers'
      : 'copy it'
    return `this link is too long for a QR code; ${way}`
  }
  const lines = drawn.split('\n')
  const width = lines[0]?.length ?? 0
  if (columns !== undefined && columns < width)
    return `the QR code is ${width} columns wide, and this terminal ${columns}; make it wider, or copy the link`
  const [on, off] = coloured ? COLOURS : ['', '']
  return lines.map((line) => `${on}${line}${off}`).join('\n')
}
