/** Bytes that a job will still write to one disk. */
export interface SpaceNeed {
  /** The disk, by `Volume.id`. */
  readonly volume: string
  /** Asked whenever it matters, since it shrinks as the job goes on. */
  bytes(): number
}

/** What a disk lacks for a job. */
export interface Shortage {
  readonly volume: string
  /** Bytes that the job still needs there. */
  readonly needed: number
  /** Bytes that are free for us. */
  readonly free: number
  /** Of the free ones, those that other jobs will still write. */
  readonly reserved: number
}

/**
 * Keeps, over all running jobs, how much of each disk is promised. Who comes first has its space; who does not fit
 * beside those gets none, and keeps none from others.
 */
export class SpaceLedger {
  readonly #jobs = new Map<string, readonly SpaceNeed[]>()

  /**
   * Promises a job what it needs, in place of what it was promised before.
   * @param free - bytes that are free on a disk
   * @returns what lacks, on the first disk where something does; then the job has nothing reserved
   */
  reserve(job: string, needs: readonly SpaceNeed[], free: (volume: string) => number): Shortage | undefined {
    this.#jobs.delete(job)
    for (const volume of new Set(needs.map((need) => need.volume))) {
      const needed = sumOf(needs, volume)
      const reserved = this.reserved(volume)
      const left = free(volume)
      if (needed > 0 && left - reserved < needed) return { volume, needed, free: left, reserved }
    }
    this.#jobs.set(job, needs)
    return undefined
  }

  /** The job has ended, or waits. */
  release(job: string): void {
    this.#jobs.delete(job)
  }

  /** Bytes of a disk that jobs will still write. */
  reserved(volume: string): number {
    let sum = 0
    for (const needs of this.#jobs.values()) sum += sumOf(needs, volume)
    return sum
  }

  /** Jobs that will still write to a disk. */
  jobsOn(volume: string): string[] {
    return [...this.#jobs].flatMap(([job, needs]) => (sumOf(needs, volume) > 0 ? [job] : []))
  }

  /** Disks that jobs will still write to. */
  volumes(): string[] {
    const volumes = new Set([...this.#jobs.values()].flat().map(({ volume }) => volume))
    return [...volumes].filter((volume) => this.reserved(volume) > 0)
  }
}

function sumOf(needs: readonly SpaceNeed[], volume: string): number {
  let sum = 0
  for (const need of needs) if (need.volume === volume) sum += Math.max(0, need.bytes())
  return sum
}
