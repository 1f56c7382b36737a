import { formatDuration, formatSize, parseDuration, printable } from '@p2pshare/base'
import type { Measurement, Waits } from '@p2pshare/control'
import type { Command, Invocation } from '../command.ts'
import { openClient } from '../daemon/client.ts'
import { EXIT, usageError } from '../exit-code.ts'
import { factLines } from '../render/share-text.ts'

/** `p2pshare daemon measure`. */
export const daemonMeasure: Command = {
  name: 'measure',
  positionals: '',
  count: { min: 0, max: 0 },
  summary: 'Watch for a moment how quickly the daemon and its peers answer, and what it uses',
  example: [
    'p2pshare daemon measure --for 10s',
    'CPU, memory, delays, and round trips to peers in those 10 s'
  ],
  options: {
    for: { type: 'string', describe: 'how long to watch, 100ms to 60s; 2s when left out', file: false }
  },
  async run(call) {
    const duration = durationOf(call)
    const seen = await (await openClient(call)).measure(duration === undefined ? {} : { duration })
    call.terminal.result(seen, measurementText(seen))
    return EXIT.done
  }
}

function durationOf({ settings }: Invocation): number | undefined {
  const text = settings.text('for')
  if (text === undefined) return undefined
  const duration = parseDuration(text)
  if (duration !== undefined && duration >= 100 && duration <= 60_000) return Math.round(duration)
  throw usageError(`not a time to watch: ${printable(text, 60)}`, 'Times look like 500ms or 10s, up to 60s.')
}

/** What was seen, a fact a line. */
function measurementText(seen: Measurement): string {
  const cpu = (seen.cpuSeconds * 1000) / seen.duration
  return factLines([
    ['watched', formatDuration(seen.duration)],
    ['CPU', `${percent(cpu)} of a core; main thread busy ${percent(seen.busy)}`],
    ['memory', formatSize(seen.memory)],
    ['delays', waitsText(seen.eventLoopDelay)],
    ...seen.roundTrips.map(({ peerId, ...trips }): [string, string] => [
      'round trip',
      `${printable(peerId)}: ${waitsText(trips)}`
    ])
  ])
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`
const waitsText = ({ p50, p95, p99, max }: Waits): string =>
  `half within ${ms(p50)}, 95 % ${ms(p95)}, 99 % ${ms(p99)}, all ${ms(max)} ms`
const ms = (value: number): string => value.toFixed(1)
