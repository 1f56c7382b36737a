/** A fetch as the queue sees it; jobs stand in the order of the queue. */
export interface QueuedJob {
  readonly id: string
  readonly running: boolean
  /** It runs, and little or nothing comes in, or its disk is full: it takes no place, and may go on. */
  readonly stalled: boolean
  /** The user wants it to run regardless of the queue: it takes no place. */
  readonly forced: boolean
  /** It is in the middle of something that is not to be cut off, such as a check of its pieces. */
  readonly busy: boolean
}

/**
 * Which jobs are to run. Whoever runs keeps on, also when there are too many since a stalled one moves again; free
 * places go to the others in order.
 *
 * @param limit - places; undefined = no limit
 * @param anew - the user changed the order or the limit: places are given out anew in order, and who gets none waits.
 *   Stalled jobs go on beside them, since they take nothing from anybody.
 */
export function whoRuns(jobs: readonly QueuedJob[], limit: number | undefined, anew: boolean): Set<string> {
  const keeps = (job: QueuedJob): boolean => job.running && (!anew || job.busy)
  const isFree = (job: QueuedJob): boolean => job.forced || (job.running && job.stalled)
  const most = limit ?? Number.POSITIVE_INFINITY
  let taken = jobs.filter((job) => keeps(job) && !isFree(job)).length
  const run = new Set<string>()
  for (const job of jobs) {
    if (isFree(job) || keeps(job)) run.add(job.id)
    else if (taken < most) {
      run.add(job.id)
      taken++
    }
  }
  return run
}
