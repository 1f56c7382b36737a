/** A source of randomness; seeded everywhere, so that a run can be repeated. */
export interface Rng {
  /** A whole number in 0 … 2^32 − 1. */
  uint32(): number
  /** A whole number in 0 … `below` − 1; `below` in 1 … 2^32. */
  below(below: number): number
}

/**
 * A small, fast, seeded generator (sfc32 by C. Doty-Humphrey, public domain), good enough for
 * tie-breaks and simulations, never for secrets.
 *
 * @param seed - any number; its low 32 bits count
 */
export function seededRng(seed: number): Rng {
  let a = 0x9e3779b9 | 0
  let b = 0x243f6a88 | 0
  let c = seed | 0
  let counter = 1
  const uint32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return t >>> 0
  }
  // The first outputs still show the seed's pattern; the reference warms up by 12 to 15 rounds.
  for (let i = 0; i < 15; i++) uint32()
  return { uint32, below: (below) => Math.floor((uint32() / 0x1_0000_0000) * below) }
}
