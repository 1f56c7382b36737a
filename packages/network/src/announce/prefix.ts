/** Positions in the key space as announcing counts them: the first 32 bits, 0 … 2^32 − 1. */
export const SPACE = 2 ** 32

/** A subtree of the key space: all positions whose first `depth` bits are those of `start`. */
export interface Prefix {
  /** Its first position. */
  readonly start: number
  /** 0 … 32; 0 is the whole space. */
  readonly depth: number
}

/** Positions in a subtree of this depth. */
export const sizeAt = (depth: number): number => 2 ** (32 - depth)

/** The first position behind a subtree. */
export const endOf = ({ start, depth }: Prefix): number => start + sizeAt(depth)

/** The subtree of a depth around a position. */
export function prefixAt(position: number, depth: number): Prefix {
  const size = sizeAt(depth)
  return { start: Math.floor(position / size) * size, depth }
}

export function parentOf({ start, depth }: Prefix): Prefix {
  return prefixAt(start, depth - 1)
}

/** The other half of the parent. */
export function siblingOf(prefix: Prefix): Prefix {
  const parent = parentOf(prefix)
  const start = prefix.start === parent.start ? prefix.start + sizeAt(prefix.depth) : parent.start
  return { start, depth: prefix.depth }
}

/** The first 32 bits of a place in the key space (32 bytes). */
export function positionOf(place: Uint8Array): number {
  return (((place[0] ?? 0) << 24) | ((place[1] ?? 0) << 16) | ((place[2] ?? 0) << 8) | (place[3] ?? 0)) >>> 0
}

/** How many leading bits two positions share, 0 … 32. */
export function sharedBits(a: number, b: number): number {
  return Math.clz32(a ^ b)
}
