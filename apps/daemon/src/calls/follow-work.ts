/** Time between two words on work under way, in ms. */
const INTERVAL = 250

/**
 * Runs work and tells how it goes, four times a second, the latest word each time.
 * @returns what the work gives
 * @throws what the work throws
 */
export async function* followWork<Progress, Result>(
  start: (tell: (progress: Progress) => void) => Promise<Result>
): AsyncGenerator<Progress, Result> {
  let latest: { progress: Progress } | undefined
  let ended = false
  const work = start((progress) => {
    latest = { progress }
  }).finally(() => {
    ended = true
  })
  const settled = work.then(
    () => {},
    () => {}
  )
  while (!ended) {
    await Promise.race([settled, pause(INTERVAL)])
    if (!ended && latest !== undefined) yield latest.progress
  }
  return work
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
