import type { NetworkCondition } from '@p2pshare/ports'

/** Everything that metrics are made of, at one moment. Bytes and counts are since the daemon's start where totals. */
export interface MetricFacts {
  version: string
  /** Wall time, ms. */
  startedAt: number
  /** Connected peers. */
  peers: number
  shares: readonly { state: string; size: number; done: number }[]
  sent: number
  received: number
  limits: { up: number | null; down: number | null }
  announcing: readonly { source: string; announced: number; total: number }[]
  warnings: number
  condition: Pick<NetworkCondition, 'reach' | 'connections' | 'dhts' | 'relaying' | 'clockOffset' | 'relays'>
  process: {
    cpuSeconds: number
    residentBytes: number
    heapBytes: number
    /** Time in which the main thread was busy. */
    busySeconds: number
  }
}
