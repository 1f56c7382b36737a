import { z } from 'zod'

/** Answer of `metrics`: Prometheus' text format, version 0.0.4. */
export const metricsResult = z.object({ text: z.string() })
/** See {@link metricsResult}. */
export type MetricsResult = z.infer<typeof metricsResult>
