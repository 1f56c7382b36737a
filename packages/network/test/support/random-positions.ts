import { createHash } from 'node:crypto'

/** Positions spread evenly over a DHT's key space, the same for the same seed. */
export function randomPositions(count: number, seed: number): bigint[] {
  return Array.from({ length: count }, (_, i) =>
    BigInt(`0x${createHash('sha256').update(`${seed} ${i}`).digest('hex')}`)
  )
}
