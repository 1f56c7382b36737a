import { performance } from 'node:perf_hooks'
import { limitsInForce } from '../calls/limit-view.ts'
import type { ServiceParts } from '../calls/service.ts'
import type { MetricFacts } from './metric-facts.ts'
import { metricsText } from './metrics-text.ts'

/** The daemon's metrics as Prometheus reads them. Cost: O(shares), not O(pieces). */
export function readMetrics(parts: ServiceParts): string {
  return metricsText(factsOf(parts))
}

function factsOf({ session, network, ...parts }: ServiceParts): MetricFacts {
  const drivers = session.shares()
  const condition = network.condition()
  parts.byteCount.look(drivers.map(({ record }) => record))
  return {
    version: parts.version,
    startedAt: parts.startedAt,
    peers: network.peers().length,
    shares: drivers.map(({ state, record, bytes }) => ({
      state: state.state,
      size: record.size,
      done: bytes.done
    })),
    sent: parts.byteCount.sent,
    received: parts.byteCount.received,
    limits: limitsInForce(session),
    announcing: session.announcing(),
    warnings: parts.warnings.length + parts.configWarnings.length + condition.troubles.length,
    condition,
    process: processFacts()
  }
}

function processFacts(): MetricFacts['process'] {
  const { user, system } = process.cpuUsage()
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    heapBytes: process.memoryUsage().heapUsed,
    busySeconds: performance.eventLoopUtilization().active / 1000
  }
}
