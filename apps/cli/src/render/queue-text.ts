import { formatSize, printable } from '@p2pshare/base'
import type { QueuedJobView, QueueView } from '@p2pshare/control'
import { percent } from './bar.ts'

/** The queue in order, a fetch a line, then what is verified. */
export function queueText(view: QueueView): string {
  const { activeFetches, running, waiting, jobs, more, verifies } = view
  const most = activeFetches === null ? 'any number' : String(activeFetches)
  const width = String(jobs.at(-1)?.place ?? 1).length
  const lines = [
    jobs.length === 0
      ? `nothing is fetched (${most} may run at once)`
      : `${running} running, ${waiting} waiting (${most} may run at once)`,
    ...jobs.map((job) => `${String(job.place).padStart(width)}  ${jobText(job)}`)
  ]
  if (more > 0) lines.push(`and ${more} more`)
  for (const { cid, name, running: now } of verifies)
    lines.push(`${now ? 'is verified' : 'waits to be verified'}: ${cid}  ${printable(name)}`)
  return lines.join('\n')
}

function jobText({ cid, name, size, done, state, reason, stalled, forced }: QueuedJobView): string {
  const share = percent(done, size)
  const notes = [
    ...(forced ? ['regardless of the queue'] : []),
    ...(stalled ? ['stalled, takes no place'] : []),
    // Of one that waits the reason is its place, which is said already.
    ...(reason === undefined || state === 'queued' ? [] : [printable(reason)])
  ]
  const words = notes.length === 0 ? '' : ` (${notes.join(', ')})`
  const amount = size === 0 ? '' : `  ${formatSize(size)}`
  return `${cid}  ${state}${share === undefined ? '' : ` ${share} %`}${words}${amount}  ${printable(name)}`
}
