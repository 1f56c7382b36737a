import type { DaemonProcess } from '../../test/harness/daemon-process.ts'

/** How long a fetch took, and how fast it was in its middle. */
export interface TimedFetch {
  /** From the start of the command to its exit. */
  seconds: number
  /** Content bytes a second between a quarter and three quarters of the content; NaN when too short to tell. */
  steadyRate: number
}

/** Times `p2pshare fetch` of a hash by a daemon. @throws when the command fails */
export async function timedFetch(
  daemon: DaemonProcess,
  cid: string,
  target: string,
  limit: number
): Promise<TimedFetch> {
  const steps: { at: number; done: number; total: number }[] = []
  const began = performance.now()
  const args = ['fetch', cid, '-o', target, '--timeout', '120s', '--json', '--progress']
  const command = daemon.begin(args, { limit })
  command.child.stdout?.on('data', (text: string) => {
    const at = performance.now()
    for (const [, done, total] of text.matchAll(/"done":(\d+),"total":(\d+)/g))
      steps.push({ at, done: Number(done), total: Number(total) })
  })
  const result = await command.ended
  const seconds = (performance.now() - began) / 1000
  if (result.code !== 0) throw new Error(`fetch ended with ${result.code}: ${result.stderr}`)
  const middle = steps.filter(({ done, total }) => done > 0 && done >= total / 4 && done <= (total * 3) / 4)
  const [first, last] = [middle[0], middle.at(-1)]
  if (first === undefined || last === undefined) return { seconds, steadyRate: Number.NaN }
  return { seconds, steadyRate: ((last.done - first.done) * 1000) / (last.at - first.at) }
}
