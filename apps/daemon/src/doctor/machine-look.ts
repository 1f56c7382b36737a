import { formatSize, MiB, printable } from '@p2pshare/base'
import type { HealthCheck } from '@p2pshare/control'
import { type DiskFact, type Look, ok, problem, warning } from './check.ts'

/** What this machine gives: disks, rates, the daemon itself. */
export const lookAtMachine: Look = ({ disks, limits, condition, version, network }) => [
  ...disks.map(diskCheck),
  ok(
    'limits',
    `Up ${rate(limits.up)}, down ${rate(limits.down)}; at most ${condition.connections.max} connections.`
  ),
  ok('daemon', `Version ${version}, network ${printable(network, 300)}.`)
]

/** Under this, a download of ordinary size will not fit. */
const LITTLE = 1024 * MiB

function diskCheck({ what, path, free, error }: DiskFact): HealthCheck {
  const place = `${what} (${printable(path, 300)})`
  if (free === undefined)
    return problem(
      'disk',
      `The disk of ${place} cannot be looked at: ${printable(error ?? '')}.`,
      'Check the path and its rights.'
    )
  if (free === 0)
    return problem('disk', `The disk of ${place} is full.`, 'Make space; paused shares go on by themselves.')
  const text = `${formatSize(free)} free for ${place}.`
  return free < LITTLE ? warning('disk', text, 'Make space before large downloads.') : ok('disk', text)
}

const rate = (value: number | null): string => (value === null ? 'unlimited' : `${formatSize(value)}/s`)
