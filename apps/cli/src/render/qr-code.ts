/** White on black, and back: light modules are drawn, dark ones are the background. */
const COLOURS = ['\u001b[97;40m', '\u001b[0m'] as const

/**
 * A text as a QR code of half blocks, for scanning from the screen. A text that fits in none gives a sentence instead.
 * @param coloured - whether colours may be set; without them it is right on dark terminals, and negative on light ones
 */
export async function qrCode(text: string, coloured: boolean): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr')
  let drawn: string
  try {
    drawn = renderUnicodeCompact(text, { ecc: 'L', border: 2 })
  } catch {
    return 'this link is too long for a QR code; leave out where this machine is: p2pshare link --without-peers'
  }
  const [on, off] = coloured ? COLOURS : ['', '']
  return drawn
    .split('\n')
    .map((line) => `${on}${line}${off}`)
    .join('\n')
}
