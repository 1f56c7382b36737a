/** Levels in a byte: a level takes two bits. */
const IN_A_BYTE = 4

/** Levels 0 … 3 as text, a quarter of a byte each before that. */
export function packLevels(levels: Uint8Array): string {
  const packed = new Uint8Array(Math.ceil(levels.length / IN_A_BYTE))
  for (let i = 0; i < levels.length; i++) {
    const at = i >> 2
    packed[at] = (packed[at] ?? 0) | ((levels[i] ?? 0) << (2 * (i & 3)))
  }
  return Buffer.from(packed).toString('base64')
}

/** The first `count` levels of what was packed; undefined where it holds another number of them. */
export function unpackLevels(text: string, count: number): Uint8Array | undefined {
  const packed = Buffer.from(text, 'base64')
  if (!Number.isSafeInteger(count) || packed.length !== Math.ceil(count / IN_A_BYTE)) return undefined
  const levels = new Uint8Array(count)
  for (let i = 0; i < count; i++) levels[i] = ((packed[i >> 2] ?? 0) >> (2 * (i & 3))) & 3
  return levels
}
