import { CROWD, LOOKUP } from '../limits/index.ts'

const SPACE_BITS = 256
const SPACE = 2 ** SPACE_BITS

/**
 * Estimates how many servers a DHT has from the distances of those closest to one key. With n
 * servers spread evenly the i-th closest lies at about i / n of the space; this is the least-squares
 * slope through the origin. With 20 distances it is off by a fifth, by chance alone.
 *
 * @param distances - XOR distances, ascending, without gaps, at least one
 */
export function estimateSize(distances: readonly bigint[]): number {
  let above = 0
  let below = 0
  for (const [i, distance] of distances.entries()) {
    const rank = i + 1
    above += rank * rank
    below += rank * (Number(distance) / SPACE)
  }
  return Math.max(distances.length, Math.round(above / below))
}

/** The size of a DHT as the median of what recent lookups showed: lies about single keys do not move it. */
export class NetworkSize {
  readonly #samples: number[] = []

  /** Takes the distances of the servers closest to one key, ascending; fewer than {@link LOOKUP.replicas} are all there are. */
  learn(distances: readonly bigint[]): void {
    if (distances.length === 0) return
    this.#samples.push(distances.length < LOOKUP.replicas ? distances.length : estimateSize(distances))
    if (this.#samples.length > CROWD.samples) this.#samples.shift()
  }

  /** Samples taken, up to {@link CROWD.samples}. */
  get count(): number {
    return this.#samples.length
  }

  /** Servers in the whole DHT; undefined before {@link CROWD.fewestSamples} lookups. */
  get value(): number | undefined {
    if (this.#samples.length < CROWD.fewestSamples) return undefined
    return this.#samples.toSorted((a, b) => a - b)[(this.#samples.length - 1) >> 1]
  }
}

/**
 * Whether the servers closest to a key are far more crowded than the network's size explains, as
 * when somebody placed many there to hide the key (Sridhar et al., NDSS 2024).
 *
 * @param distances - of the closest, ascending
 */
export function isCrowded(distances: readonly bigint[], size: number | undefined): boolean {
  const last = distances[LOOKUP.replicas - 1]
  if (last === undefined || size === undefined) return false
  return (Number(last) / SPACE) * size < CROWD.fewestExpected
}

/**
 * Depths at which paths leave the way to a key within its region: the subtree that shares `depth` bits
 * with the key and differs in the next. Lookups there name the region's servers whom a crowd hides.
 * The first has half of the region, the next a quarter.
 */
export function branchDepths(size: number): number[] {
  const first = Math.max(0, Math.floor(Math.log2(Math.max(1, size / LOOKUP.replicas))))
  const shallow = Math.min(first, CROWD.maxDepth - CROWD.lookups + 1)
  return Array.from({ length: CROWD.lookups }, (_, i) => shallow + i)
}
